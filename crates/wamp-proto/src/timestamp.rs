//! ISO 8601, as WAMP-CRA writes the time into its challenge and the meta API tells when things were made; and its profile
//! RFC 3339, as the event history is asked by.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// That moment in UTC with milliseconds, for example `2014-06-22T16:36:25.448Z`.
#[must_use]
pub fn iso8601(moment: SystemTime) -> String {
    let since_epoch = since_epoch(moment);
    let seconds = i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX);
    // A clock beyond the year 9999 is not worth an error.
    let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (year, month, day) = at.to_calendar_date();
    let (month, (hour, minute, second)) = (u8::from(month), at.to_hms());
    let millis = since_epoch.subsec_millis();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// That moment without what [`iso8601`] does not write.
pub(crate) fn whole_millis(moment: SystemTime) -> SystemTime {
    let rest = Duration::from_nanos(u64::from(since_epoch(moment).subsec_nanos() % 1_000_000));
    moment.checked_sub(rest).unwrap_or(moment)
}

fn since_epoch(moment: SystemTime) -> Duration {
    moment.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// The moment that an RFC 3339 timestamp names, for example `2014-06-22T18:36:25.448+02:00`; a space may stand in place
/// of the `T`. A leap second is the last moment of the one before it.
#[must_use]
pub fn parse_rfc3339(text: &str) -> Option<SystemTime> {
    let text = match text.split_once(' ') {
        Some((date, time)) => Cow::Owned(format!("{date}T{time}")),
        None => Cow::Borrowed(text),
    };
    OffsetDateTime::parse(&text, &Rfc3339).ok().map(SystemTime::from)
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
            ("2000-02-29T00:00:00z", 951_782_400_000),
            ("2100-03-01T00:00:00.001Z", 4_107_542_400_001),
        ] {
            assert_eq!(parse_rfc3339(text), at(millis), "{text}");
        }
        let leap = Duration::from_secs(1_483_228_800) - Duration::from_nanos(1);
        assert_eq!(parse_rfc3339("2016-12-31T23:59:60Z"), Some(SystemTime::UNIX_EPOCH + leap));
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
