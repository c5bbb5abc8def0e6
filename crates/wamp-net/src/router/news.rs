//! What a router tells the program that it runs in.

use std::collections::VecDeque;

use wamp_proto::Dict;

use super::log::Level;

/// How much news of sessions may wait, and how many lines of the log; what is more is dropped and counted.
const NEWS: usize = 8192;
const LINES: usize = 1024;

/// What a router tells the program, which does not answer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum News {
    /// A client has joined: its session, as the session meta API tells of it, and its `realm`.
    Joined(Dict),
    /// The same session has left.
    Left(Dict),
    /// The program has not kept up: so much news of sessions was dropped since what came before.
    Missed(u64),
    /// A line of the log.
    Line(Level, String),
    /// The program has not kept up: so many lines of the log were dropped since what came before.
    MissedLines(u64),
}

/// The news that waits: of sessions and of the log each in its order.
#[derive(Debug)]
pub(super) struct Untold {
    sessions: Waiting,
    lines: Waiting,
}

/// News that waits, and how much was dropped behind it.
#[derive(Debug)]
struct Waiting {
    news: VecDeque<News>,
    missed: u64,
    limit: usize,
}

impl Default for Untold {
    fn default() -> Self {
        Self { sessions: Waiting::new(NEWS), lines: Waiting::new(LINES) }
    }
}

impl Untold {
    /// Drops it when too much waits already.
    pub(super) fn push(&mut self, news: News) {
        let waiting = if let News::Line(..) = news { &mut self.lines } else { &mut self.sessions };
        waiting.push(news);
    }

    pub(super) fn pop(&mut self) -> Option<News> {
        self.lines.pop(News::MissedLines).or_else(|| self.sessions.pop(News::Missed))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.sessions.is_empty()
    }

    /// From now on no news of a session is dropped.
    pub(super) fn miss_nobody(&mut self) {
        self.sessions.limit = usize::MAX;
        // Behind a gap that is still open it would be dropped, too.
        if self.sessions.missed > 0 {
            let missed = std::mem::take(&mut self.sessions.missed);
            self.sessions.news.push_back(News::Missed(missed));
        }
    }
}

impl Waiting {
    fn new(limit: usize) -> Self {
        Self { news: VecDeque::new(), missed: 0, limit }
    }

    /// Once something is missed, the program hears of that first.
    fn push(&mut self, news: News) {
        if self.missed > 0 || self.news.len() >= self.limit {
            self.missed += 1;
        } else {
            self.news.push_back(news);
        }
    }

    fn pop(&mut self, missed: impl FnOnce(u64) -> News) -> Option<News> {
        let next = self.news.pop_front();
        next.or_else(|| (self.missed > 0).then(|| missed(std::mem::take(&mut self.missed))))
    }

    fn is_empty(&self) -> bool {
        self.missed == 0 && self.news.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(n: usize) -> News {
        News::Joined(Dict::new().with("n", n as u64))
    }

    #[test]
    fn news_is_told_in_order_and_what_was_missed_is_counted() {
        let mut untold = Untold::default();
        (0..NEWS + 3).for_each(|n| untold.push(number(n)));
        assert!((0..NEWS).all(|n| untold.pop() == Some(number(n))));
        untold.push(number(0));
        assert_eq!(untold.pop(), Some(News::Missed(4)));
        assert!(untold.is_empty() && untold.pop().is_none());
        untold.push(number(1));
        assert_eq!(untold.pop(), Some(number(1)));
    }

    #[test]
    fn lines_of_the_log_wait_apart_from_the_sessions() {
        let mut untold = Untold::default();
        let line = |n: usize| News::Line(Level::Warning, n.to_string());
        untold.push(number(0));
        (0..LINES + 2).for_each(|n| untold.push(line(n)));
        assert!((0..LINES).all(|n| untold.pop() == Some(line(n))));
        assert_eq!((untold.pop(), untold.pop()), (Some(News::MissedLines(2)), Some(number(0))));
        assert!(untold.is_empty());
    }

    #[test]
    fn at_the_end_no_session_is_missed() {
        let mut untold = Untold::default();
        untold.miss_nobody();
        (0..=NEWS).for_each(|n| untold.push(number(n)));
        assert_eq!(std::iter::from_fn(|| untold.pop()).last(), Some(number(NEWS)));
    }

    #[test]
    fn at_the_end_no_session_is_missed_though_others_were_before() {
        let mut untold = Untold::default();
        (0..=NEWS).for_each(|n| untold.push(number(n)));
        untold.miss_nobody();
        untold.push(number(1));
        let told: Vec<_> = std::iter::from_fn(|| untold.pop()).skip(NEWS).collect();
        assert_eq!(told, [News::Missed(1), number(1)]);
    }
}
