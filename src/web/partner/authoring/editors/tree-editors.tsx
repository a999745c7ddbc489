import { Button, Checkbox, Input, makeStyles, mergeClasses, Tag, tokens } from '@fluentui/react-components'
import { DismissRegular } from '@fluentui/react-icons/svg/dismiss'
import { SearchRegular } from '@fluentui/react-icons/svg/search'
import { useState } from 'react'
import type { TreeNode } from '../../../../kernel/reference-data.ts'
import { GroupFrame } from '../field-frame.tsx'
import { type EditorProps, numberOption } from './editor.ts'

const useStyles = makeStyles({
  chosen: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS, alignItems: 'center', minHeight: '32px' },
  tag: { paddingInlineEnd: 0 },
  none: { color: tokens.colorNeutralForeground2 },
  search: { maxWidth: '360px' },
  columns: { display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(280px, 100%), 1fr))', gap: tokens.spacingHorizontalL },
  panel: {
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    overflow: 'hidden',
    minWidth: 0,
  },
  panelTitle: {
    margin: 0,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    backgroundColor: tokens.colorNeutralBackground2,
    fontSize: tokens.fontSizeBase300,
    fontWeight: tokens.fontWeightSemibold,
  },
  list: {
    margin: 0,
    padding: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalS}`,
    maxHeight: '320px',
    overflowY: 'auto',
    listStyleType: 'none',
  },
  wide: { display: 'grid', gridTemplateColumns: 'repeat(auto-fill, minmax(240px, 1fr))', maxHeight: '240px' },
  children: { margin: 0, padding: `0 0 ${tokens.spacingVerticalXS} 28px`, listStyleType: 'none' },
})

interface TreeProps {
  title: string
  nodes: TreeNode[]
  chosen: string[]
  /** a parent alone is a choice, its children refine it; else only children are chosen */
  parents: boolean
  readOnly: boolean
  search: string
  /** in columns, where it has the width to itself */
  wide?: boolean
  onChange: (paths: string[]) => void
}

/** Paths with a child instead of its parent alone. */
function toggled(chosen: string[], parent: string, child: string | undefined): string[] {
  const path = child === undefined ? parent : `${parent}/${child}`
  if (chosen.includes(path)) {
    const rest = chosen.filter((one) => one !== path)
    return child !== undefined && !rest.some((one) => one.startsWith(`${parent}/`)) ? [...rest, parent] : rest
  }
  if (child === undefined) {
    return chosen.some((one) => one.startsWith(`${parent}/`)) ? chosen.filter((one) => !one.startsWith(`${parent}/`)) : [...chosen, path]
  }
  return [...chosen.filter((one) => one !== parent), path]
}

function Tree({ title, nodes, chosen, parents, readOnly, search, wide = false, onChange }: TreeProps) {
  const styles = useStyles()
  // What was chosen when the page opened stands first; nothing jumps while somebody chooses.
  const [first] = useState(() => new Set(chosen.map((path) => path.split('/')[0])))
  const wanted = search.trim().toLowerCase()
  const fits = (name: string) => name.toLowerCase().includes(wanted)
  const shown = [...nodes.filter((node) => first.has(node.key)), ...nodes.filter((node) => !first.has(node.key))].filter(
    (node) => wanted === '' || fits(node.name) || node.children.some((child) => fits(child.name)),
  )
  return (
    <section className={styles.panel} aria-label={title}>
      <p className={styles.panelTitle}>{title}</p>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable with the keyboard */}
      <ul className={mergeClasses(styles.list, wide && styles.wide)} tabIndex={0} aria-label={title}>
        {shown.map((node) => {
          const open = chosen.some((path) => path === node.key || path.startsWith(`${node.key}/`))
          const children = node.children.filter((child) => open || !parents || (wanted !== '' && fits(child.name)))
          return (
            <li key={node.key}>
              {parents ? (
                <Checkbox
                  label={node.name}
                  checked={open}
                  disabled={readOnly}
                  onChange={() => onChange(toggled(chosen, node.key, undefined))}
                />
              ) : (
                <span>{node.name}</span>
              )}
              {children.length > 0 ? (
                <ul className={styles.children} aria-label={`Within ${node.name}`}>
                  {children.map((child) => (
                    <li key={child.key}>
                      <Checkbox
                        label={child.name}
                        checked={chosen.includes(`${node.key}/${child.key}`)}
                        disabled={readOnly}
                        onChange={() =>
                          onChange(
                            parents
                              ? toggled(chosen, node.key, child.key)
                              : toggled(chosen, node.key, child.key).filter((path) => path !== node.key),
                          )
                        }
                      />
                    </li>
                  ))}
                </ul>
              ) : null}
            </li>
          )
        })}
        {shown.length === 0 ? <li className={styles.none}>Nothing of that name.</li> : null}
      </ul>
    </section>
  )
}

function nameOf(nodes: TreeNode[], path: string): string {
  const [parentKey, childKey] = path.split('/')
  const parent = nodes.find((node) => node.key === parentKey)
  const child = parent?.children.find((node) => node.key === childKey)
  if (!parent) return path
  return child ? `${parent.name} › ${child.name}` : parent.name
}

function Chosen({
  names,
  empty,
  readOnly,
  onRemove,
}: {
  names: { key: string; name: string }[]
  empty: string
  readOnly: boolean
  onRemove: (key: string) => void
}) {
  const styles = useStyles()
  return (
    <div className={styles.chosen}>
      {names.map(({ key, name }) => (
        <Tag key={key} className={readOnly ? undefined : styles.tag}>
          {name}
          {readOnly ? null : (
            <Button
              size="small"
              appearance="transparent"
              icon={<DismissRegular />}
              aria-label={`Remove ${name}`}
              onClick={() => onRemove(key)}
            />
          )}
        </Tag>
      ))}
      {names.length === 0 ? <span className={styles.none}>{empty}</span> : null}
    </div>
  )
}

function TreeSearch({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  return (
    <Input
      className={useStyles().search}
      type="search"
      aria-label="Find by name"
      placeholder="Find by name"
      contentBefore={<SearchRegular />}
      value={value}
      onChange={(_event, data) => onChange(data.value)}
    />
  )
}

const stores = [
  { store: 'business', title: 'Business applications' },
  { store: 'cloud', title: 'IT solutions' },
] as const

type Categories = Record<'business' | 'cloud', string[]>

export function CategoriesEditor({ field, value, onChange, errorAt, readOnly, id }: EditorProps<Categories>) {
  const styles = useStyles()
  const [search, setSearch] = useState('')
  const chosen: Categories = { business: value?.business ?? [], cloud: value?.cloud ?? [] }
  const nodesOf = (store: 'business' | 'cloud') => (field.options[store] ?? []) as TreeNode[]
  return (
    <GroupFrame field={field} id={id} error={errorAt()}>
      <Chosen
        empty="No category chosen yet."
        readOnly={readOnly}
        names={stores.flatMap(({ store, title }) =>
          chosen[store].map((path) => ({ key: `${store}:${path}`, name: `${nameOf(nodesOf(store), path)} (${title})` })),
        )}
        onRemove={(key) => {
          const [store, path] = [key.slice(0, key.indexOf(':')) as 'business' | 'cloud', key.slice(key.indexOf(':') + 1)]
          onChange({ ...chosen, [store]: chosen[store].filter((one) => one !== path) }, true)
        }}
      />
      {readOnly ? null : (
        <>
          <TreeSearch value={search} onChange={setSearch} />
          <div className={styles.columns}>
            {stores
              .filter(({ store }) => nodesOf(store).length > 0)
              .map(({ store, title }) => (
                <Tree
                  key={store}
                  title={title}
                  nodes={nodesOf(store)}
                  chosen={chosen[store]}
                  parents
                  readOnly={readOnly}
                  search={search}
                  onChange={(paths) => onChange({ ...chosen, [store]: paths }, true)}
                />
              ))}
          </div>
        </>
      )}
    </GroupFrame>
  )
}

export function IndustriesEditor({ field, value = [], onChange, errorAt, readOnly, id }: EditorProps<string[]>) {
  const [search, setSearch] = useState('')
  const nodes = (field.options.nodes ?? []) as TreeNode[]
  const max = numberOption(field, 'max')
  return (
    <GroupFrame field={field} id={id} error={errorAt()}>
      <Chosen
        empty={`No industry chosen${max === undefined ? '' : `; up to ${max} are possible`}.`}
        readOnly={readOnly}
        names={value.map((path) => ({ key: path, name: nameOf(nodes, path) }))}
        onRemove={(path) =>
          onChange(
            value.filter((one) => one !== path),
            true,
          )
        }
      />
      {readOnly ? null : (
        <>
          <TreeSearch value={search} onChange={setSearch} />
          <Tree
            title="Industries"
            wide
            nodes={nodes}
            chosen={value}
            parents
            readOnly={readOnly}
            search={search}
            onChange={(paths) => onChange(paths, true)}
          />
        </>
      )}
    </GroupFrame>
  )
}
