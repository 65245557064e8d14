/**
 * Reads an ISO 8601 date or time, UTC unless it says otherwise, whatever the time zone of the machine.
 * @returns Unix seconds; NaN if there is no such moment: `Date.parse` alone reads 30 February as 1 March.
 */
export function parseIso(text: string): number {
  const day = text.slice(0, 10);
  const midnight = new Date(`${day}T00:00Z`);
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return NaN;
  const zoned = /T/.test(text) && !/(?:Z|[+-]\d{2}:?\d{2})$/.test(text) ? `${text}Z` : text;
  return Date.parse(zoned) / 1000;
}
