import { Qcow2Error } from '../base/errors.ts';

/** The error for a field whose value the format does not allow. @param why the rest of the message after field and value */
export function corruptField(field: string, value: number, why: string): Qcow2Error {
  return new Qcow2Error('QCOW2_CORRUPT', `${field} ${value} ${why}`, { detail: { field, value } });
}
