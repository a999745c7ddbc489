export type AdjustmentState = 'requested' | 'approved' | 'refused' | 'withdrawn'
export type AdjustmentTrigger = 'approve' | 'refuse' | 'withdraw'

/** Only another operator than the one who asked approves; who asked may withdraw. An approved one is undone by a second adjustment. */
export const adjustmentStates: Record<AdjustmentState, Partial<Record<AdjustmentTrigger, AdjustmentState>>> = {
  requested: { approve: 'approved', refuse: 'refused', withdraw: 'withdrawn' },
  approved: {},
  refused: {},
  withdrawn: {},
}
