-- Documents about which something is still to be done (0064 knew only open ones).
create index invoice_unsettled on billing.invoice (due_on, number) where state in ('open', 'returned');
