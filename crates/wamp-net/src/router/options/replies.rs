//! What a program's callbacks mean by what they return.

use wamp_proto::Value;
use wamp_proto::router::Decision;

use super::super::query::{Query, Reply};
use super::authentication::answer;
use crate::options::OptionError;

impl Query {
    /// The reply that a program's callback means by what it returns.
    ///
    /// # Errors
    /// What is wrong with that; it should be taken for [`Query::refusal`].
    pub fn reply(&self, returned: Value) -> Result<Reply, String> {
        Ok(match self {
            Self::Join(question, _) => answer(question, returned)?,
            Self::Authorize(..) => Reply::Authorize(Some(decision(&returned)?)),
            Self::Trust(..) => Reply::Trust(level(&returned)?),
        })
    }
}

fn decision(returned: &Value) -> Result<Decision, String> {
    match returned {
        Value::Null => Ok(Decision::DENIED),
        other => Decision::of(other).ok_or_else(|| expected("a boolean or a table with allow", other)),
    }
}

fn level(returned: &Value) -> Result<Option<u64>, String> {
    match returned {
        Value::Null => Ok(None),
        other => other.as_u64().map(Some).ok_or_else(|| expected("a whole number from 0", other)),
    }
}

fn expected(what: &str, found: &Value) -> String {
    OptionError::expected("returned", what, Some(found)).to_string()
}

#[cfg(test)]
mod tests {
    use wamp_proto::router::{Action, Question};
    use wamp_proto::uri::Match;
    use wamp_proto::{Dict, Id};

    use super::*;

    fn authorize() -> Query {
        let (action, uri, policy) = (Action::Call, "a.b".into(), Match::Exact);
        let question = Question { id: Id::MIN, session: Dict::new(), action, uri, policy, options: Dict::new() };
        Query::Authorize(question.into(), "realm1".into())
    }

    #[test]
    fn an_authorizer_says_yes_or_no() {
        let allowed = Decision { disclose: true, ..Decision::ALLOWED };
        for (returned, decision) in [
            (Value::Bool(true), Decision::ALLOWED),
            (Value::Bool(false), Decision::DENIED),
            (Value::Null, Decision::DENIED),
            (Dict::new().with("allow", true).with("disclose", true).into(), allowed),
        ] {
            assert_eq!(authorize().reply(returned), Ok(Reply::Authorize(Some(decision))));
        }
        for nonsense in [Value::from("yes"), 1.into(), Dict::new().into()] {
            assert!(authorize().reply(nonsense).is_err());
        }
        assert_eq!(authorize().refusal(), Reply::Authorize(None));
    }

    #[test]
    fn a_level_is_a_whole_number() {
        assert_eq!(level(&3.into()), Ok(Some(3)));
        assert_eq!(level(&Value::Null), Ok(None));
        for nonsense in [Value::from("3"), Value::Int(-1), Value::Float(1.5)] {
            assert!(level(&nonsense).is_err());
        }
    }
}
