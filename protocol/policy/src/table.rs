//! Tables of TOML, key by key: what is of another type, unknown or missing is an error that says where.

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::limits::{ENTRIES, SECONDS, TEXT};

/// What is wrong with a text, and where in it: a byte.
#[derive(Debug)]
pub(crate) struct Mistake {
    pub(crate) at: usize,
    pub(crate) message: String,
}

pub(crate) type Read<T> = Result<T, Mistake>;

/// A table, of which keys are taken one by one.
pub(crate) struct Table<'t, 'i> {
    at: usize,
    rest: Vec<(&'t Spanned<toml::de::DeString<'i>>, &'t Spanned<DeValue<'i>>)>,
    known: &'static [&'static str],
}

impl Mistake {
    pub(crate) fn new(at: usize, message: impl ToString) -> Self {
        Self { at, message: message.to_string() }
    }
}

impl<'t, 'i> Table<'t, 'i> {
    /// A table at a place of the text, with the keys that it may have. One that it may not have is a
    /// mistake, and the nearest that it may have is named.
    pub(crate) fn new(
        table: &'t DeTable<'i>,
        at: usize,
        known: &'static [&'static str],
    ) -> Read<Self> {
        let rest: Vec<_> = table.iter().collect();
        let unknown = rest.iter().find(|(key, _)| !known.contains(&key.get_ref().as_ref()));
        if let Some((key, _)) = unknown {
            let (at, key) = (key.span().start, key.get_ref().as_ref());
            let nearest = known.iter().map(|known| (strsim::jaro_winkler(key, known), known));
            let nearest = nearest.max_by(|(one, _), (other, _)| one.total_cmp(other));
            let nearest = nearest.filter(|(likeness, _)| *likeness > 0.7);
            let hint = match nearest {
                Some((_, known)) => format!("; did you mean `{known}`?"),
                None => format!("; there are {}", known.join(", ")),
            };
            let key: String = key.chars().take(ENTRIES).collect();
            return Err(Mistake::new(at, format!("unknown key `{key}`{hint}")));
        }
        Ok(Self { at, rest, known })
    }

    /// Where it stands.
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    fn take(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'i>>> {
        debug_assert!(self.known.contains(&key), "{key}");
        let index = self.rest.iter().position(|(found, _)| found.get_ref().as_ref() == key)?;
        Some(self.rest.swap_remove(index).1)
    }

    /// A key that must be there.
    pub(crate) fn required<T>(&self, key: &str, value: Option<T>) -> Read<T> {
        value.ok_or_else(|| Mistake::new(self.at, format!("`{key}` is missing")))
    }

    /// The tables of an array of tables; none, where it is not there.
    pub(crate) fn tables(
        &mut self,
        key: &'static str,
        known: &'static [&'static str],
    ) -> Read<Vec<Self>> {
        let Some(value) = self.take(key) else { return Ok(Vec::new()) };
        let tables = || {
            Mistake::new(
                value.span().start,
                format!("`{key}` is not a list of tables: write [[{key}]]"),
            )
        };
        let array = value.get_ref().as_array().ok_or_else(tables)?;
        let table = |value: &'t Spanned<DeValue<'i>>| {
            let at = value.span().start;
            Self::new(value.get_ref().as_table().ok_or_else(tables)?, at, known)
        };
        array.iter().map(table).collect()
    }

    /// A table in this one.
    pub(crate) fn table(
        &mut self,
        key: &'static str,
        known: &'static [&'static str],
    ) -> Read<Option<Self>> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let at = value.span().start;
        let table = value.get_ref().as_table();
        let table = table.ok_or_else(|| Mistake::new(at, format!("`{key}` is not a table")))?;
        Self::new(table, at, known).map(Some)
    }

    /// A text that `parse` makes something of.
    pub(crate) fn text<T, E: ToString>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Read<Option<T>> {
        self.take(key).map(|value| text(key, value, parse)).transpose()
    }

    /// A list of texts, not empty, of which `parse` makes something one by one.
    pub(crate) fn texts<E: ToString>(
        &mut self,
        key: &'static str,
        mut parse: impl FnMut(&str) -> Result<(), E>,
    ) -> Read<bool> {
        let Some(value) = self.take(key) else { return Ok(false) };
        let at = value.span().start;
        let list: Option<&DeArray<'_>> = value.get_ref().as_array();
        let list =
            list.ok_or_else(|| Mistake::new(at, format!("`{key}` is not a list of strings")))?;
        if list.is_empty() {
            return Err(Mistake::new(at, format!("`{key}` is empty, and would allow nothing")));
        }
        if list.len() > ENTRIES {
            return Err(Mistake::new(at, format!("`{key}` has more than {ENTRIES} entries")));
        }
        list.iter().try_for_each(|value| text(key, value, &mut parse))?;
        Ok(true)
    }

    /// A whole number, from 1 to `most`.
    pub(crate) fn number(&mut self, key: &'static str, most: u64) -> Read<Option<u64>> {
        let Some(value) = self.take(key) else { return Ok(None) };
        number(key, value, most).map(Some)
    }

    /// Whole seconds.
    pub(crate) fn seconds(&mut self, key: &'static str) -> Read<Option<std::time::Duration>> {
        Ok(self.number(key, SECONDS)?.map(std::time::Duration::from_secs))
    }

    /// A port; `*` is any.
    pub(crate) fn port(&mut self, key: &'static str) -> Read<Option<Option<u16>>> {
        let Some(value) = self.take(key) else { return Ok(None) };
        if value.get_ref().as_str() == Some("*") {
            return Ok(Some(None));
        }
        let port = number(key, value, u16::MAX.into())?;
        Ok(Some(u16::try_from(port).ok()))
    }
}

fn text<T, E: ToString>(
    key: &str,
    value: &Spanned<DeValue<'_>>,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Read<T> {
    let at = value.span().start;
    let Some(text) = value.get_ref().as_str() else {
        let found = value.get_ref().type_str();
        return Err(Mistake::new(at, format!("`{key}` is not a string, but {found}")));
    };
    if text.len() > TEXT {
        return Err(Mistake::new(at, format!("`{key}` has more than {TEXT} bytes")));
    }
    parse(text).map_err(|error| Mistake::new(at, format!("`{key}`: {}", error.to_string())))
}

fn number(key: &str, value: &Spanned<DeValue<'_>>, most: u64) -> Read<u64> {
    let at = value.span().start;
    let number = value
        .get_ref()
        .as_integer()
        .and_then(|integer| u64::from_str_radix(integer.as_str(), integer.radix()).ok());
    match number {
        Some(number) if (1..=most).contains(&number) => Ok(number),
        _ => Err(Mistake::new(at, format!("`{key}` is not a whole number from 1 to {most}"))),
    }
}
