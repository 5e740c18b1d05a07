//! Dates of HTTP (RFC 9110 section 5.6.7), against one another: the core has no clock.

/// Seconds since 1970 of a date as servers must write it, `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn seconds(date: &str) -> Option<i64> {
    let mut parts = date.trim().split([' ', '-']);
    let _weekday = parts.next()?;
    let day: i64 = number(parts.next()?)?;
    let month = month(parts.next()?)?;
    let year: i64 = number(parts.next()?)?;
    let mut time = parts.next()?.split(':');
    let (hour, minute, second): (i64, i64, i64) =
        (number(time.next()?)?, number(time.next()?)?, number(time.next()?)?);
    let in_range = (1..=31).contains(&day)
        && (1..=9999).contains(&year)
        && hour < 24
        && minute < 60
        && second <= 60;
    in_range.then(|| ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second)
}

fn number(digits: &str) -> Option<i64> {
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number)
}

fn month(name: &str) -> Option<i64> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let place = MONTHS.iter().position(|month| name.eq_ignore_ascii_case(month))?;
    i64::try_from(place + 1).ok()
}

/// Days since 1970 in the Gregorian calendar: years begin in March, so that a leap day is the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let in_year = (153 * month_from_march + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + in_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::seconds;

    /// Catches a calendar that is off by a day, by a leap day or by a century.
    #[test]
    fn dates_are_as_many_seconds_as_they_are() {
        for (date, expected) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Tue, 29 Feb 2000 00:00:00 GMT", 951_782_400),
            ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800),
            ("Wed, 25 Nov 2026 09:00:00 GMT", 1_795_597_200),
            ("Wed, 25-Nov-2026 09:00:00 GMT", 1_795_597_200),
        ] {
            assert_eq!(seconds(date), Some(expected), "{date}");
        }
    }

    /// Catches a reader that fails on what is no date, or makes one of it.
    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "120",
            "soon",
            "Sun, 99 Nov 1994 08:49:37 GMT",
            "Sun, 06 Foo 1994 08:49:37",
            "Sun, 32 Nov 1994 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 06 Nov 1994 08:60:37 GMT",
            "Sun, 06 Nov 1994 08:49:61 GMT",
            "Sun, 06 Nov -1 08:49:37 GMT",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
