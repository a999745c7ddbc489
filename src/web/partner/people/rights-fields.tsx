import { Checkbox, Field, makeStyles, tokens } from '@fluentui/react-components'
import { More } from '../../ui/portal-more.tsx'
import type { RightsOptions } from './people-data.server.ts'

const useStyles = makeStyles({
  all: { display: 'grid', rowGap: tokens.spacingVerticalM },
  set: { border: 'none', margin: 0, padding: 0, minWidth: 0 },
  legend: { padding: 0, fontWeight: tokens.fontWeightSemibold, marginBottom: tokens.spacingVerticalXS },
  role: { display: 'grid', gridTemplateColumns: 'auto minmax(0, 1fr)', alignItems: 'start' },
  meaning: { display: 'block', color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  groups: { display: 'grid', gridTemplateColumns: 'repeat(auto-fill, minmax(260px, 1fr))', gap: tokens.spacingHorizontalL },
  boxes: { display: 'grid' },
})

interface RightsFieldsProps {
  options: RightsOptions
  roles?: readonly string[]
  permissions?: readonly string[]
  errors?: Record<string, string>
}

/** Roles to tick, or custom permissions in their place. Only what the visitor has himself is offered. */
export function RightsFields({ options, roles = [], permissions = [], errors = {} }: RightsFieldsProps) {
  const styles = useStyles()
  const boxes = (hasEffect: boolean) => (
    <div className={styles.boxes}>
      {options.roles
        .filter((role) => role.hasEffect === hasEffect)
        .map((role) => (
          <Checkbox
            key={role.value}
            name="role"
            value={role.value}
            defaultChecked={roles.includes(role.value)}
            label={
              <>
                {role.label} <span className={styles.meaning}>{role.meaning}</span>
              </>
            }
          />
        ))}
    </div>
  )
  return (
    <div className={styles.all}>
      <Field validationMessage={errors.roles}>
        <fieldset className={styles.set}>
          <legend className={styles.legend}>Roles</legend>
          {boxes(true)}
          <More label="Roles of other programs, without rights here">{boxes(false)}</More>
        </fieldset>
      </Field>
      <More label={permissions.length > 0 ? 'Custom permissions (chosen)' : 'Custom permissions instead of roles'}>
        <Field validationMessage={errors.permissions}>
          <div className={styles.groups}>
            {options.permissions.map(({ group, permissions: offered }) => (
              <fieldset key={group} className={styles.set}>
                <legend className={styles.legend}>{group}</legend>
                <div className={styles.boxes}>
                  {offered.map((one) => (
                    <Checkbox
                      key={one.value}
                      name="permission"
                      value={one.value}
                      defaultChecked={permissions.includes(one.value)}
                      label={one.label}
                    />
                  ))}
                </div>
              </fieldset>
            ))}
          </div>
        </Field>
      </More>
    </div>
  )
}
