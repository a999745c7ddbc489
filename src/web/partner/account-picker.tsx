import { Button, makeStyles, Menu, MenuItemLink, MenuList, MenuPopover, MenuTrigger } from '@fluentui/react-components'
import { BuildingMultipleRegular } from '@fluentui/react-icons/svg/building-multiple'

interface PickedAccount {
  accountId: string
  name: string
}

const useStyles = makeStyles({
  button: { '@media (max-width: 900px)': { minWidth: '40px', paddingLeft: 0, paddingRight: 0 } },
  name: {
    maxWidth: '200px',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    '@media (max-width: 900px)': { display: 'none' },
  },
})

/** Which account the whole of Partner Center is about, for people with several, and the way to another one (spec/01 §6). */
export function AccountPicker({ current, accounts }: { current: PickedAccount; accounts: PickedAccount[] }) {
  const styles = useStyles()
  return (
    <Menu inline positioning="below-end">
      <MenuTrigger disableButtonEnhancement>
        <Button
          className={styles.button}
          appearance="subtle"
          icon={<BuildingMultipleRegular />}
          aria-label={`Account: ${current.name}. Switch account`}
        >
          <span className={styles.name}>{current.name}</span>
        </Button>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {accounts.map((account) => (
            <MenuItemLink
              key={account.accountId}
              href={`/partner/accounts/${account.accountId}`}
              aria-current={account.accountId === current.accountId ? 'true' : undefined}
            >
              {account.name}
            </MenuItemLink>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  )
}
