//! Reads what stands in a scenario where messages do: JSON, and placeholders.

use std::iter::Peekable;
use std::str::Chars;

use bytes::Bytes;
use wamp_proto::{Serializer, Value};

use crate::pattern::Pattern;

type Read = Result<Pattern, String>;

/// The whole text as one pattern.
pub(crate) fn read(text: &str) -> Read {
    let mut reader = Reader { rest: text.chars().peekable() };
    let pattern = reader.value()?;
    match reader.token() {
        None => Ok(pattern),
        Some(other) => Err(format!("{other:?} after the end of the message")),
    }
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
}

impl Reader<'_> {
    /// What comes after white space; it is not taken.
    fn token(&mut self) -> Option<char> {
        while self.rest.next_if(|c| c.is_whitespace()).is_some() {}
        self.rest.peek().copied()
    }

    fn take(&mut self, expected: char) -> Result<(), String> {
        match self.token() {
            Some(found) if found == expected => {
                self.rest.next();
                Ok(())
            }
            found => Err(format!("expected {expected:?}, found {found:?}")),
        }
    }

    fn value(&mut self) -> Read {
        match self.token().ok_or("a value is missing")? {
            '[' => self.list(),
            '{' => self.dict(),
            '"' => self.string().map(|text| Pattern::Value(Value::Str(text.into()))),
            '$' => {
                self.rest.next();
                Ok(Pattern::Name(self.word()))
            }
            '_' => {
                self.rest.next();
                Ok(Pattern::Any)
            }
            _ => self.atom(),
        }
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while let Some(c) = self.rest.next_if(|c| c.is_alphanumeric() || "_.+-".contains(*c)) {
            word.push(c);
        }
        word
    }

    /// A number, `true`, `false`, `null`, `bin "hex digits"`, or a function of values.
    fn atom(&mut self) -> Read {
        let word = self.word();
        match (word.as_str(), self.token()) {
            ("bin", Some('"')) => bytes(&self.string()?).map(|bytes| Pattern::Value(Value::Bin(bytes))),
            (_, Some('(')) => Ok(Pattern::Function(word, self.elements('(', ')')?.0)),
            _ => match Serializer::Json.read_value(word.as_bytes()) {
                Ok(value) => Ok(Pattern::Value(value)),
                Err(_) => Err(format!("{word:?} is no value")),
            },
        }
    }

    fn string(&mut self) -> Result<String, String> {
        self.take('"')?;
        let mut quoted = String::from('"');
        loop {
            let c = self.rest.next().ok_or("a string without an end")?;
            quoted.push(c);
            match c {
                '"' => break,
                '\\' => quoted.extend(self.rest.next()),
                _ => {}
            }
        }
        match Serializer::Json.read_value(quoted.as_bytes()) {
            Ok(Value::Str(text)) => Ok(text.to_string()),
            _ => Err(format!("{quoted} is no string")),
        }
    }

    fn list(&mut self) -> Read {
        let (elements, open) = self.elements('[', ']')?;
        Ok(Pattern::List { elements, open })
    }

    /// Values between brackets, and whether `...` is the last.
    fn elements(&mut self, open: char, close: char) -> Result<(Vec<Pattern>, bool), String> {
        let mut elements = Vec::new();
        self.take(open)?;
        while self.token() != Some(close) {
            if self.rest_follows()? {
                self.take(close)?;
                return Ok((elements, true));
            }
            elements.push(self.value()?);
            self.comma(close)?;
        }
        self.take(close)?;
        Ok((elements, false))
    }

    fn dict(&mut self) -> Read {
        let (mut members, mut open) = (Vec::new(), false);
        self.take('{')?;
        while self.token() != Some('}') {
            if self.rest_follows()? {
                open = true;
            } else {
                let key = self.string()?;
                self.take(':')?;
                members.push((key, self.value()?));
            }
            self.comma('}')?;
        }
        self.take('}')?;
        Ok(Pattern::Dict { members, open })
    }

    fn comma(&mut self, close: char) -> Result<(), String> {
        if self.token() == Some(close) { Ok(()) } else { self.take(',') }
    }

    fn rest_follows(&mut self) -> Result<bool, String> {
        if self.token() != Some('.') {
            return Ok(false);
        }
        (0..3).try_for_each(|_| self.take('.'))?;
        Ok(true)
    }
}

fn bytes(hex: &str) -> Result<Bytes, String> {
    let digits: Vec<char> = hex.chars().collect();
    let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16);
    let bytes: Result<Vec<u8>, _> = digits.chunks(2).map(byte).collect();
    bytes.map(Bytes::from).map_err(|_| format!("{hex:?} are no hex digits"))
}
