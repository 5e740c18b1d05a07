//! Answers that may be used again for a while (2026-07-28, "Caching": `ttlMs` and `cacheScope`).
//!
//! A session is one authorization context, and keeps what it was told to itself: so both scopes,
//! `public` and `private`, are the same here.

use core::time::Duration;
use std::collections::VecDeque;

use crate::json_text::Picked;
use crate::limits::{CACHED_ANSWERS, CACHED_BYTES, LONGEST_FRESHNESS};
use crate::notification::Change;
use crate::typed::member;

/// What an answer is to, if it is one that may be kept.
#[derive(Clone, Debug)]
pub struct CacheKey {
    method: &'static str,
    params: String,
    /// How often the cache had forgotten something when the request was made: an answer that was under
    /// way then may be the old one.
    epoch: u64,
}

/// The methods whose results say for how long they hold.
const KEPT: [&str; 5] =
    ["tools/list", "prompts/list", "resources/list", "resources/templates/list", "resources/read"];

impl CacheKey {
    fn is_that_of(&self, other: &Self) -> bool {
        self.method == other.method && self.params == other.params
    }

    /// Whether what has changed is what the answer is about.
    fn is_about(&self, change: &Change) -> bool {
        match change {
            Change::Tools => self.method == "tools/list",
            Change::Prompts => self.method == "prompts/list",
            Change::Resources => self.method.starts_with("resources/"),
            // Its own text may be spelled in many ways, and a part of it may be meant.
            Change::Resource(_) => self.method == "resources/read",
            // What is told by other ways still is.
            Change::Missed | Change::Unheard => false,
        }
    }
}

/// For how long a result may be used, as it says itself: not at all where it does not.
pub(crate) fn freshness(method: &str, result: &str) -> Option<Duration> {
    KEPT.into_iter().find(|kept| *kept == method)?;
    let [ttl] = Picked::from(result, ["ttlMs"]).ok()?.values;
    let ttl = Duration::from_millis(member::size(ttl)?).min(LONGEST_FRESHNESS);
    (!ttl.is_zero()).then_some(ttl)
}

/// The answers of a session, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    answers: VecDeque<Kept>,
    bytes: usize,
    epoch: u64,
}

#[derive(Debug)]
struct Kept {
    key: CacheKey,
    result: String,
    /// On whatever clock the caller has.
    until: Duration,
}

impl Kept {
    fn bytes(&self) -> usize {
        self.key.params.len().saturating_add(self.result.len())
    }
}

impl Cache {
    /// That of a request that is being made; none of one whose answers are never kept.
    pub(crate) fn key(&self, method: &str, params: &str) -> Option<CacheKey> {
        let method = KEPT.into_iter().find(|kept| *kept == method)?;
        Some(CacheKey { method, params: params.to_owned(), epoch: self.epoch })
    }

    /// The answer from before, if it still holds.
    pub(crate) fn get(&mut self, key: &CacheKey, now: Duration) -> Option<String> {
        self.retain(|kept| kept.until > now);
        self.answers.iter().find(|kept| kept.key.is_that_of(key)).map(|kept| kept.result.clone())
    }

    /// Keeps an answer, in place of the last one to the same. The oldest have to go where there is no
    /// room.
    pub(crate) fn keep(&mut self, key: CacheKey, result: &str, until: Duration) {
        if key.epoch != self.epoch {
            return;
        }
        self.retain(|kept| !kept.key.is_that_of(&key));
        let kept = Kept { key, result: result.to_owned(), until };
        if kept.bytes() > CACHED_BYTES {
            return;
        }
        self.bytes = self.bytes.saturating_add(kept.bytes());
        self.answers.push_back(kept);
        while self.bytes > CACHED_BYTES || self.answers.len() > CACHED_ANSWERS {
            let Some(oldest) = self.answers.pop_front() else { return };
            self.bytes = self.bytes.saturating_sub(oldest.bytes());
        }
    }

    /// Forgets what a change concerns.
    pub(crate) fn forget(&mut self, change: &Change) {
        self.epoch = self.epoch.wrapping_add(1);
        self.retain(|kept| !kept.key.is_about(change));
    }

    /// Forgets everything: the server may be another.
    pub(crate) fn clear(&mut self) {
        *self = Self { epoch: self.epoch.wrapping_add(1), ..Self::default() };
    }

    fn retain(&mut self, keep: impl Fn(&Kept) -> bool) {
        self.answers.retain(keep);
        self.bytes = self.answers.iter().map(Kept::bytes).sum();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn key(method: &str, params: &str) -> CacheKey {
        Cache::default().key(method, params).unwrap()
    }

    const SECOND: Duration = Duration::from_secs(1);

    /// Catches an answer that is used for longer than it holds, or for another request.
    #[test]
    fn an_answer_holds_for_its_time_and_its_request() {
        let mut cache = Cache::default();
        cache.keep(key("tools/list", "{}"), "1", 10 * SECOND);
        cache.keep(key("tools/list", r#"{"cursor":"2"}"#), "2", 20 * SECOND);
        assert_eq!(cache.get(&key("tools/list", "{}"), 9 * SECOND).as_deref(), Some("1"));
        assert_eq!(cache.get(&key("prompts/list", "{}"), SECOND), None);
        cache.keep(key("tools/list", "{}"), "3", 15 * SECOND);
        assert_eq!(cache.get(&key("tools/list", "{}"), 10 * SECOND).as_deref(), Some("3"));
        assert_eq!(cache.get(&key("tools/list", "{}"), 15 * SECOND), None);
        assert_eq!(cache.answers.len(), 1, "what holds no longer is gone");
        assert!(cache.key("tools/call", "{}").is_none());
    }

    /// Catches a cache that grows with what a server says, and one that forgets the newest.
    #[test]
    fn the_oldest_answers_make_room() {
        let mut cache = Cache::default();
        for number in 0..CACHED_ANSWERS + 1 {
            cache.keep(key("resources/read", &number.to_string()), "r", SECOND);
        }
        assert_eq!(cache.answers.len(), CACHED_ANSWERS);
        assert_eq!(cache.get(&key("resources/read", "0"), Duration::ZERO), None);
        assert!(cache.get(&key("resources/read", "1"), Duration::ZERO).is_some());
        let large = "x".repeat(CACHED_BYTES - 1);
        cache.keep(key("resources/read", "l"), &large, SECOND);
        assert_eq!((cache.answers.len(), cache.bytes), (1, CACHED_BYTES));
        cache.keep(key("resources/read", "m"), &large, SECOND);
        assert!(cache.get(&key("resources/read", "l"), Duration::ZERO).is_none());
        cache.keep(key("resources/read", "much"), &large, SECOND);
        assert!(cache.get(&key("resources/read", "much"), Duration::ZERO).is_none());
        assert!(cache.get(&key("resources/read", "m"), Duration::ZERO).is_some());
        cache.clear();
        assert_eq!((cache.answers.len(), cache.bytes), (0, 0));
    }

    /// Catches a list that is shown after the server said that it is another.
    #[test]
    fn a_change_takes_what_it_is_about() {
        let all = || {
            let mut cache = Cache::default();
            for method in KEPT {
                cache.keep(key(method, "{}"), "r", SECOND);
            }
            cache
        };
        for (change, left) in [
            (Change::Tools, 4),
            (Change::Prompts, 4),
            (Change::Resources, 2),
            (Change::Resource("u".into()), 4),
        ] {
            let mut cache = all();
            let under_way = cache.key("tools/list", "{}").unwrap();
            cache.forget(&change);
            assert_eq!(cache.answers.len(), left, "{change:?}");
            cache.keep(under_way, "old", SECOND);
            assert_eq!(cache.answers.len(), left, "{change:?}");
        }
    }

    /// Catches a freshness that nobody gave.
    #[test]
    fn a_result_says_for_how_long_it_holds() {
        assert_eq!(freshness("tools/list", r#"{"ttlMs":1500}"#), Some(Duration::from_millis(1500)));
        assert_eq!(freshness("tools/list", r#"{"ttlMs":1e15}"#), Some(LONGEST_FRESHNESS));
        for result in [r#"{"ttlMs":0}"#, r#"{"ttlMs":-5}"#, r#"{"ttlMs":null}"#, "{}", "[]"] {
            assert_eq!(freshness("tools/list", result), None, "{result}");
        }
        assert_eq!(freshness("tools/call", r#"{"ttlMs":1500}"#), None);
    }
}
