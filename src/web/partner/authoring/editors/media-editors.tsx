import { Button, Field, Input, makeStyles, ProgressBar, tokens } from '@fluentui/react-components'
import { ArrowUploadRegular } from '@fluentui/react-icons/svg/arrow-upload'
import { DocumentRegular } from '@fluentui/react-icons/svg/document'
import { ImageRegular } from '@fluentui/react-icons/svg/image'
import { type DragEvent, type ReactNode, useRef, useState } from 'react'
import { FieldError, GroupFrame } from '../field-frame.tsx'
import type { FormField } from '../form.ts'
import { useUpload } from '../upload.ts'
import { type EditorProps, numberOption } from './editor.ts'
import { Rows } from './rows.tsx'

const useStyles = makeStyles({
  drop: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: tokens.spacingHorizontalM,
    border: `1px dashed ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusXLarge,
    padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalL}`,
  },
  over: { backgroundColor: 'var(--color-brand-soft)' },
  hint: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  bar: { flexBasis: '100%' },
  logos: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalXXL, alignItems: 'flex-end' },
  logo: { margin: 0, display: 'grid', rowGap: tokens.spacingVerticalXS, justifyItems: 'start' },
  frame: {
    display: 'grid',
    placeItems: 'center',
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    // Logos are seen on white and on dark pages.
    backgroundColor: '#ffffff',
    color: '#555b60',
    overflow: 'hidden',
    '& svg': { fontSize: '24px' },
    '& img': { display: 'block', maxWidth: '100%', maxHeight: '100%' },
  },
  caption: { fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground2 },
  shot: {
    display: 'grid',
    gridTemplateColumns: 'minmax(120px, 240px) minmax(0, 1fr)',
    gap: tokens.spacingHorizontalL,
    alignItems: 'start',
    '@media (max-width: 640px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
  },
  picture: { width: '100%', aspectRatio: '16 / 9', '& img': { width: '100%', height: '100%', objectFit: 'contain' } },
  texts: { display: 'grid', rowGap: tokens.spacingVerticalS, gridTemplateColumns: 'minmax(0, 1fr)' },
  document: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'flex-end' },
  grow: { flexGrow: 1, minWidth: '200px' },
})

const media = (hash: string) => `/media/${hash}`

interface PickProps {
  label: string
  accept: string
  /** what is expected of the file */
  expects?: string | undefined
  progress: number | undefined
  disabled?: boolean
  /** several files at once */
  several?: boolean
  onFiles: (files: File[]) => void
}

/** A button that opens the file dialog, on a field that files can be dropped on. */
function Drop({ label, accept, expects, progress, disabled = false, several = false, onFiles }: PickProps) {
  const styles = useStyles()
  const [over, setOver] = useState(false)
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    if (!disabled) onFiles([...event.dataTransfer.files])
  }
  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- the button within does the same for keyboards
    <div
      className={`${styles.drop} ${over ? styles.over : ''}`}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <PickButton label={label} accept={accept} disabled={disabled || progress !== undefined} several={several} onFiles={onFiles} />
      <span className={styles.hint}>{expects ? `${expects} ` : ''}Or drop it here.</span>
      {progress === undefined ? null : <ProgressBar className={styles.bar} value={progress} aria-label={`${label}: sending`} />}
    </div>
  )
}

function PickButton({
  label,
  accept,
  disabled = false,
  several = false,
  small = false,
  onFiles,
}: Pick<PickProps, 'label' | 'accept' | 'disabled' | 'several' | 'onFiles'> & { small?: boolean }) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <input
        ref={input}
        type="file"
        accept={accept}
        multiple={several}
        hidden
        aria-label={label}
        onChange={(event) => {
          const files = [...(event.target.files ?? [])]
          // The same file may be chosen again after it was refused.
          event.target.value = ''
          if (files.length > 0) onFiles(files)
        }}
      />
      <Button
        size={small ? 'small' : 'medium'}
        icon={<ArrowUploadRegular />}
        disabledFocusable={disabled}
        onClick={() => disabled || input.current?.click()}
      >
        {label}
      </Button>
    </>
  )
}

/** Exact or from – to. */
function pixels(value: unknown): string {
  return Array.isArray(value) ? `${value[0]} to ${value[1]}` : String(value)
}

function sizeText({ options: { width, height } }: FormField): string | undefined {
  return width !== undefined && height !== undefined ? `PNG of ${pixels(width)} × ${pixels(height)} pixels.` : undefined
}

interface Logos {
  large?: string
  medium?: string
  small?: string
}

const sizes = [
  { size: 'large', label: 'Large', pixels: 216 },
  { size: 'medium', label: 'Medium, 90 × 90', pixels: 90 },
  { size: 'small', label: 'Small, 48 × 48', pixels: 48 },
] as const

/** The large logo is sent, the others are made from it and can be replaced one by one. */
export function LogosEditor({ field, value, onChange, errorAt, readOnly, id }: EditorProps<Logos>) {
  const styles = useStyles()
  const { progress, problem, upload } = useUpload(field.name)
  const replace = async (file: File | undefined, size: 'large' | 'medium' | 'small') => {
    const stored = file && (await upload(file, size))
    if (!stored) return
    onChange(size === 'large' ? (stored.logos ?? { ...value, large: stored.hash }) : { ...value, [size]: stored.hash }, true)
  }
  return (
    <GroupFrame field={field} id={id} error={problem ?? errorAt() ?? errorAt('large') ?? errorAt('medium') ?? errorAt('small')}>
      <div className={styles.logos}>
        {sizes.map(({ size, label, pixels }) => {
          const hash = value?.[size]
          return (
            <figure key={size} className={styles.logo}>
              <div className={styles.frame} style={{ width: `${pixels + 2}px`, height: `${pixels + 2}px` }}>
                {hash ? (
                  <img src={media(hash)} alt={`${field.label}: ${label}`} width={pixels} height={pixels} />
                ) : (
                  <ImageRegular aria-hidden="true" />
                )}
              </div>
              <figcaption className={styles.caption}>{label}</figcaption>
              {readOnly || (size !== 'large' && !value?.large) ? null : (
                <PickButton
                  label={size === 'large' && !hash ? 'Choose a large logo' : `Replace ${size} logo`}
                  accept="image/png"
                  small={size !== 'large'}
                  disabled={progress !== undefined}
                  onFiles={([file]) => void replace(file, size)}
                />
              )}
            </figure>
          )
        })}
      </div>
      {progress === undefined ? null : <ProgressBar value={progress} aria-label="Sending the logo" />}
    </GroupFrame>
  )
}

function Picture({ hash, alt }: { hash: string | undefined; alt: string }) {
  const styles = useStyles()
  return (
    <div className={`${styles.frame} ${styles.picture}`}>
      {hash ? <img src={media(hash)} alt={alt} loading="lazy" /> : <ImageRegular aria-hidden="true" />}
    </div>
  )
}

interface Screenshot {
  file: string
  caption: string
}

export function ScreenshotsEditor({ field, value = [], onChange, errorAt, readOnly, id }: EditorProps<Screenshot[]>) {
  const styles = useStyles()
  const { progress, problem, upload } = useUpload(field.name)
  const max = numberOption(field, 'max') ?? 5
  const add = async (files: File[]) => {
    let shots = value
    for (const file of files.slice(0, max - value.length)) {
      const stored = await upload(file)
      if (!stored) break
      shots = [...shots, { file: stored.hash, caption: '' }]
      onChange(shots)
    }
  }
  return (
    <GroupFrame field={field} id={id} error={problem ?? errorAt()}>
      <Rows
        rows={value}
        onChange={onChange}
        item="screenshot"
        nameOf={(_shot, index) => `screenshot ${index + 1}`}
        max={max}
        ordered
        readOnly={readOnly}
      >
        {(shot, index, change) => (
          <div className={styles.shot}>
            <Picture hash={shot.file} alt={shot.caption || `Screenshot ${index + 1}`} />
            <Field label="Caption" required validationMessage={errorAt(`${index}.caption`) ?? errorAt(`${index}.file`)}>
              <Input value={shot.caption} readOnly={readOnly} onChange={(_event, data) => change({ ...shot, caption: data.value })} />
            </Field>
          </div>
        )}
      </Rows>
      {readOnly || value.length >= max ? null : (
        <Drop
          label="Add a screenshot"
          accept="image/png"
          several
          expects={`${value.length} of ${max}. ${sizeText(field) ?? ''}`.trim()}
          progress={progress}
          onFiles={(files) => void add(files)}
        />
      )}
    </GroupFrame>
  )
}

interface Video {
  title: string
  url: string
  thumbnail?: string
}

export function VideosEditor({ field, value = [], onChange, errorAt, readOnly, id }: EditorProps<Video[]>) {
  const styles = useStyles()
  const { progress, problem, upload } = useUpload(field.name)
  return (
    <GroupFrame field={field} id={id} error={problem ?? errorAt()}>
      <Rows
        rows={value}
        onChange={onChange}
        item="video"
        nameOf={(video, index) => video.title || `video ${index + 1}`}
        blank={() => ({ title: '', url: '' })}
        max={numberOption(field, 'max')}
        ordered
        readOnly={readOnly}
      >
        {(video, index, change) => (
          <div className={styles.shot}>
            <div className={styles.texts}>
              <Picture hash={video.thumbnail} alt={`Thumbnail of ${video.title || `video ${index + 1}`}`} />
              {readOnly ? null : (
                <PickButton
                  label={video.thumbnail ? 'Replace thumbnail' : 'Choose a thumbnail'}
                  accept="image/png"
                  small
                  disabled={progress !== undefined}
                  onFiles={([file]) => {
                    if (file) void upload(file, 'thumbnail').then((stored) => stored && change({ ...video, thumbnail: stored.hash }, true))
                  }}
                />
              )}
              <FieldError>{errorAt(`${index}.thumbnail`)}</FieldError>
            </div>
            <div className={styles.texts}>
              <Field label="Name" validationMessage={errorAt(`${index}.title`)}>
                <Input value={video.title} readOnly={readOnly} onChange={(_event, data) => change({ ...video, title: data.value })} />
              </Field>
              <Field label="Address at YouTube or Vimeo" validationMessage={errorAt(`${index}.url`)}>
                <Input
                  type="url"
                  placeholder="https://"
                  value={video.url}
                  readOnly={readOnly}
                  onChange={(_event, data) => change({ ...video, url: data.value })}
                />
              </Field>
            </div>
          </div>
        )}
      </Rows>
      {progress === undefined ? null : <ProgressBar value={progress} aria-label="Sending the thumbnail" />}
    </GroupFrame>
  )
}

export function ImageEditor({ field, value, onChange, errorAt, readOnly, id }: EditorProps<string>) {
  const { progress, problem, upload } = useUpload(field.name)
  return (
    <GroupFrame field={field} id={id} error={problem ?? errorAt()}>
      {value ? <Picture hash={value} alt={field.label} /> : null}
      {readOnly ? null : (
        <Drop
          label={value ? 'Replace the image' : 'Choose an image'}
          accept="image/png"
          expects={sizeText(field)}
          progress={progress}
          onFiles={([file]) => {
            if (file) void upload(file).then((stored) => stored && onChange(stored.hash, true))
          }}
        />
      )}
    </GroupFrame>
  )
}

const accepted: Record<string, string> = { pdf: '.pdf,application/pdf', zip: '.zip,application/zip' }

function acceptOf(field: FormField): string {
  return accepted[String(field.options.accept)] ?? ''
}

function expectsOf(field: FormField): string | undefined {
  const max = numberOption(field, 'maxBytes')
  return max === undefined ? undefined : `${String(field.options.accept).toUpperCase()} of at most ${Math.floor(max / 1024 / 1024)} MB.`
}

function FileLink({ hash, children }: { hash: string; children: ReactNode }) {
  return (
    <a
      href={media(hash)}
      target="_blank"
      rel="noreferrer"
      style={{ color: 'var(--color-brand)', display: 'inline-flex', columnGap: '6px', alignItems: 'center', minHeight: '32px' }}
    >
      <DocumentRegular aria-hidden="true" />
      {children}
    </a>
  )
}

export function FileEditor({ field, value, onChange, errorAt, readOnly, id }: EditorProps<{ file: string; fileName: string }>) {
  const styles = useStyles()
  const { progress, problem, upload } = useUpload(field.name)
  return (
    <GroupFrame field={field} id={id} error={problem ?? errorAt() ?? errorAt('file')}>
      {value?.file ? (
        <div className={styles.document}>
          <FileLink hash={value.file}>{value.fileName}</FileLink>
          {readOnly ? null : (
            <Button size="small" onClick={() => onChange(undefined, true)}>
              Remove
            </Button>
          )}
        </div>
      ) : null}
      {readOnly ? null : (
        <Drop
          label={value?.file ? 'Replace the file' : 'Choose a file'}
          accept={acceptOf(field)}
          expects={expectsOf(field)}
          progress={progress}
          onFiles={([file]) => {
            if (file) void upload(file).then((stored) => stored && onChange({ file: stored.hash, fileName: stored.fileName }, true))
          }}
        />
      )}
    </GroupFrame>
  )
}

export function DocumentsEditor({ field, value = [], onChange, errorAt, readOnly, id }: EditorProps<{ name: string; file: string }[]>) {
  const styles = useStyles()
  const { progress, problem, upload } = useUpload(field.name)
  const max = numberOption(field, 'max') ?? 3
  const add = async (files: File[]) => {
    let documents = value
    for (const file of files.slice(0, max - value.length)) {
      const stored = await upload(file)
      if (!stored) break
      documents = [...documents, { name: file.name.replace(/\.[^.]+$/, ''), file: stored.hash }]
      onChange(documents, true)
    }
  }
  return (
    <GroupFrame field={field} id={id} error={problem ?? errorAt()}>
      <Rows
        rows={value}
        onChange={onChange}
        item="document"
        nameOf={(one, index) => one.name || `document ${index + 1}`}
        max={max}
        ordered
        readOnly={readOnly}
      >
        {(one, index, change) => (
          <div className={styles.document}>
            <Field
              className={styles.grow}
              label="Name that customers see"
              required
              validationMessage={errorAt(`${index}.name`) ?? errorAt(`${index}.file`)}
            >
              <Input value={one.name} readOnly={readOnly} onChange={(_event, data) => change({ ...one, name: data.value })} />
            </Field>
            <FileLink hash={one.file}>Open the file</FileLink>
          </div>
        )}
      </Rows>
      {readOnly || value.length >= max ? null : (
        <Drop
          label="Add a document"
          accept={acceptOf(field)}
          several
          expects={`${value.length} of ${max}. ${expectsOf(field) ?? ''}`.trim()}
          progress={progress}
          onFiles={(files) => void add(files)}
        />
      )}
    </GroupFrame>
  )
}
