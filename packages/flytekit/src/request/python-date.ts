import { PythonDate } from "../python/python-value.ts";

const grammar =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt]|[ \t]+)(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d*))?(?:[ \t]*(?:(Z)|([-+])(\d{1,2})(?::?(\d{2}))?))?)?$/;

/** A date or time, as YAML 1.1 and ISO 8601 write it; nothing for another text or a day that does not exist. */
export function pythonDateOf(text: string): PythonDate | undefined {
  const match = grammar.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, utc, sign, zoneHour, zoneMinute] = match;
  const numbers = [year, month, day].map(Number);
  const [y = 0, m = 0, d = 0] = numbers;
  const days = new Date(Date.UTC(2000 + (y % 400), m, 0)).getUTCDate();
  if (y < 1 || m < 1 || m > 12 || d < 1 || d > days) return undefined;
  if (hour === undefined) return new PythonDate(`datetime.date(${numbers.join(", ")})`, text);
  const time = [hour, minute, second].map(Number);
  if ((time[0] ?? 0) > 23 || (time[1] ?? 0) > 59 || (time[2] ?? 0) > 59) return undefined;
  const micro = Number((fraction ?? "").slice(0, 6).padEnd(6, "0"));
  // `repr` leaves out microseconds of zero, and then seconds of zero.
  const parts = [...numbers, time[0] ?? 0, time[1] ?? 0];
  if (time[2] !== 0 || micro !== 0) parts.push(time[2] ?? 0);
  if (micro !== 0) parts.push(micro);
  const zone = zoneOf(utc, sign, zoneHour, zoneMinute);
  return new PythonDate(`datetime.datetime(${parts.join(", ")}${zone})`, text);
}

function zoneOf(utc?: string, sign?: string, hour?: string, minute?: string): string {
  if (utc !== undefined) return ", tzinfo=datetime.timezone.utc";
  if (sign === undefined) return "";
  const seconds = (Number(hour) * 60 + Number(minute ?? 0)) * 60 * (sign === "-" ? -1 : 1);
  if (seconds === 0) return ", tzinfo=datetime.timezone.utc";
  const days = Math.floor(seconds / 86_400);
  const rest = seconds - days * 86_400;
  const parts = [...(days === 0 ? [] : [`days=${days}`]), ...(rest === 0 ? [] : [`seconds=${rest}`])];
  return `, tzinfo=datetime.timezone(datetime.timedelta(${parts.join(", ")}))`;
}
