/** What a new migration's name begins with: now, or a second after the newest where that is dated later. */
export function nextTimestamp(newest: string | undefined, now: Date): string {
  const stamp = (moment: Date) => moment.toISOString().replaceAll(/[-:]/g, '').slice(0, 15);
  if (newest === undefined || newest.slice(0, 15) < stamp(now)) {
    return stamp(now);
  }
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)/.exec(newest) ?? [];
  const last = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  return stamp(new Date(last + 1_000));
}
