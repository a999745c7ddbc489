export { insertAll } from '../../kernel/bulk.ts'
