import { Button, makeStyles, Menu, MenuItemLink, MenuList, MenuPopover, MenuTrigger, tokens } from '@fluentui/react-components'
import { ChevronUpDownRegular } from '@fluentui/react-icons/svg/chevron-up-down'

interface SwitcherPublisher {
  publisherId: string
  name: string
}

const useStyles = makeStyles({
  button: { width: '100%', justifyContent: 'space-between', minHeight: '48px', textAlign: 'start' },
  names: { display: 'grid', minWidth: 0 },
  id: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200, fontWeight: tokens.fontWeightRegular },
})

/** Which publisher the pages are about, and the way to another one. */
export function PublisherSwitcher({ current, publishers }: { current: SwitcherPublisher; publishers: SwitcherPublisher[] }) {
  const styles = useStyles()
  return (
    <Menu inline positioning="below-start">
      <MenuTrigger disableButtonEnhancement>
        <Button className={styles.button} icon={<ChevronUpDownRegular />} iconPosition="after">
          <span className={styles.names}>
            <span>{current.name}</span>
            <span className={styles.id}>Publisher {current.publisherId}</span>
          </span>
        </Button>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {publishers.map((publisher) => (
            <MenuItemLink
              key={publisher.publisherId}
              href={`/partner/publishers/${publisher.publisherId}`}
              aria-current={publisher.publisherId === current.publisherId ? 'true' : undefined}
            >
              {`${publisher.name} (${publisher.publisherId})`}
            </MenuItemLink>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  )
}
