//! ISO 8601, as WAMP-CRA writes the time into its challenge and the meta API tells when things were made; and its profile
//! RFC 3339, as the event history is asked by.

use std::time::{Duration, SystemTime};

/// That moment in UTC with milliseconds, for example `2014-06-22T16:36:25.448Z`.
pub(crate) fn iso8601(moment: SystemTime) -> String {
    let since_epoch = moment.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let seconds = since_epoch.as_secs();
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let millis = since_epoch.subsec_millis();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// That moment without what [`iso8601`] does not write.
pub(crate) fn whole_millis(moment: SystemTime) -> SystemTime {
    let since_epoch = moment.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let rest = Duration::from_nanos(u64::from(since_epoch.subsec_nanos() % 1_000_000));
    moment.checked_sub(rest).unwrap_or(moment)
}

/// Year, month and day of that many days after 1970-01-01. Years begin in March here, so that the leap day is the
/// last one of its year and of each cycle of 4, 100 and 400 years.
const fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    if month < 10 { (era * 400 + year_of_era, month + 3, day) } else { (era * 400 + year_of_era + 1, month - 9, day) }
}

/// The moment that an RFC 3339 timestamp names, for example `2014-06-22T18:36:25.448+02:00`. Of a fraction the first nine
/// digits count.
pub(crate) fn parse_rfc3339(text: &str) -> Option<SystemTime> {
    let (date, time) = text.split_at_checked(10)?;
    let (time, offset) = split_offset(time.strip_prefix(['T', 't', ' '])?)?;
    let (time, fraction) = time.split_once('.').map_or((time, None), |(time, fraction)| (time, Some(fraction)));
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let in_month = *days.get(usize::try_from(month).ok()?.checked_sub(1)?)?;
    // A leap second counts as the one after it.
    if !(1..=in_month).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = days_since_epoch(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset;
    let nanos = fraction.map_or(Some(0), nanoseconds)?;
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let epoch = SystemTime::UNIX_EPOCH;
    let moment = if seconds < 0 { epoch.checked_sub(whole) } else { epoch.checked_add(whole) };
    moment?.checked_add(Duration::from_nanos(nanos))
}

/// The time without its offset from UTC, and the offset in seconds.
fn split_offset(time: &str) -> Option<(&str, i64)> {
    if let Some(time) = time.strip_suffix(['Z', 'z']) {
        return Some((time, 0));
    }
    let (time, offset) = time.split_at_checked(time.len().checked_sub(6)?)?;
    let (sign, offset) = offset.split_at_checked(1)?;
    let [hours, minutes] = numbers(offset, ':', [2, 2])?;
    let seconds = hours * 3600 + minutes * 60;
    match sign {
        _ if hours > 23 || minutes > 59 => None,
        "+" => Some((time, seconds)),
        "-" => Some((time, -seconds)),
        _ => None,
    }
}

/// Numbers of so many digits each.
fn numbers<const N: usize>(text: &str, separator: char, digits: [usize; N]) -> Option<[i64; N]> {
    let mut parts = text.split(separator);
    let mut found = [0; N];
    for (number, digits) in found.iter_mut().zip(digits) {
        let part = parts.next().filter(|part| part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(found)
}

fn nanoseconds(fraction: &str) -> Option<u64> {
    if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    format!("{fraction:0<9.9}").parse().ok()
}

/// How many days that date is after 1970-01-01; [`civil`] the other way round, and before 1970 too.
const fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn writes_utc_with_milliseconds() {
        let at = |millis| iso8601(SystemTime::UNIX_EPOCH + Duration::from_millis(millis));
        assert_eq!(at(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(at(1_403_454_985_448), "2014-06-22T16:36:25.448Z");
        assert_eq!(at(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(at(1_735_689_599_999), "2024-12-31T23:59:59.999Z");
        assert_eq!(at(4_107_542_400_001), "2100-03-01T00:00:00.001Z");
    }

    #[test]
    fn reads_rfc_3339() {
        let at = |millis| Some(SystemTime::UNIX_EPOCH + Duration::from_millis(millis));
        for (text, millis) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2014-06-22T16:36:25.448Z", 1_403_454_985_448),
            ("2014-06-22t18:36:25.448+02:00", 1_403_454_985_448),
            ("2014-06-22 11:06:25.4480000001-05:30", 1_403_454_985_448),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000),
            ("2000-02-29T00:00:00z", 951_782_400_000),
            ("2100-03-01T00:00:00.001Z", 4_107_542_400_001),
        ] {
            assert_eq!(parse_rfc3339(text), at(millis), "{text}");
        }
        let old = SystemTime::UNIX_EPOCH.checked_sub(Duration::from_millis(500));
        assert_eq!(parse_rfc3339("1969-12-31T23:59:59.5Z"), old);
    }

    #[test]
    fn other_texts_are_no_timestamps() {
        for text in [
            "",
            "2014-06-22",
            "2014-06-22T16:36:25",
            "2014-06-22T16:36Z",
            "2014-06-22T16:36:25.Z",
            "2014-06-22T16:36:25.4x8Z",
            "2014-13-01T00:00:00Z",
            "2014-00-01T00:00:00Z",
            "2014-02-29T00:00:00Z",
            "2014-06-31T00:00:00Z",
            "2014-06-00T00:00:00Z",
            "2014-06-22T24:00:00Z",
            "2014-06-22T16:60:25Z",
            "2014-06-22T16:36:61Z",
            "2014-06-22T16:36:25+2:00",
            "2014-06-22T16:36:25+24:00",
            "2014-06-22T16:36:25*02:00",
            "2014-06-22T16:36:25é02:00",
            "2014-06-22T16:36:25é2:00",
            "2014-06-22é16:36:25Z",
            "+014-06-22T16:36:25Z",
            "now",
        ] {
            assert_eq!(parse_rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_written_can_be_read() {
        for day in 0..60_000 {
            let moment = SystemTime::UNIX_EPOCH + Duration::from_secs(day * 86_400 + day);
            assert_eq!(parse_rfc3339(&iso8601(moment)), Some(moment));
        }
    }
}
