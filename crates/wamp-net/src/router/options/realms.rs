//! Which realms a router serves: names, and tables of what differs in one.

use wamp_proto::router::RealmConfig;
use wamp_proto::{Dict, Value};

use super::realm::RealmOptions;
use crate::options::OptionError;
use crate::router::OnDemand;

/// The option's name.
pub(super) const REALMS: &str = "realms";
/// The name that stands for all other names.
const ANY: &str = "*";
const NAME: &str = "name";

pub(super) struct Realms {
    pub(super) named: Vec<RealmConfig>,
    pub(super) on_demand: Option<OnDemand>,
}

impl Realms {
    /// `realms` is that option, `common` the options that may differ from realm to realm, `read` what they say.
    pub(super) fn new(
        realms: Option<Value>,
        common: &Dict,
        read: &RealmOptions,
        limit: usize,
    ) -> Result<Self, OptionError> {
        let model = read.config(ANY)?;
        let realms = entries(realms)?.into_iter().map(|(at, entry)| match entry {
            Value::Str(name) => Ok(RealmConfig { name, ..model.clone() }),
            Value::Dict(own) => table(own, common).map_err(|error| error.within(&at)),
            other => Err(expected(at, "a string or a table", &other)),
        });
        let (any, named): (Vec<RealmConfig>, Vec<RealmConfig>) =
            realms.collect::<Result<Vec<_>, _>>()?.into_iter().partition(|realm| &*realm.name == ANY);
        match <[RealmConfig; 1]>::try_from(any) {
            Ok([realm]) => Ok(Self { named, on_demand: Some(OnDemand { realm, limit }) }),
            Err(none) if none.is_empty() => Ok(Self { named, on_demand: None }),
            Err(_) => Err(OptionError::new(REALMS, "the realm '*' is given twice")),
        }
    }
}

/// Each realm, and where it stands.
fn entries(realms: Option<Value>) -> Result<Vec<(String, Value)>, OptionError> {
    match realms {
        None => Ok(Vec::new()),
        Some(name @ Value::Str(_)) => Ok(vec![(REALMS.to_owned(), name)]),
        Some(Value::List(realms)) => {
            let at = (1..).map(|at| format!("{REALMS}[{at}]"));
            Ok(at.zip(realms).collect())
        }
        Some(Value::Dict(empty)) if empty.is_empty() => Ok(Vec::new()),
        Some(other) => Err(expected(REALMS.to_owned(), "a string or a list of strings and tables", &other)),
    }
}

/// A realm with options of its own, which replace those that all have in common.
fn table(mut own: Dict, common: &Dict) -> Result<RealmConfig, OptionError> {
    let name = match own.remove(NAME) {
        Some(Value::Str(name)) => name,
        Some(other) => return Err(expected(NAME.to_owned(), "string", &other)),
        None => return Err(OptionError::new(NAME, "expected string, got nil")),
    };
    RealmOptions::of(own.clone())?;
    let all = own.iter().fold(common.clone(), |all, (key, value)| all.with(key.clone(), value.clone()));
    RealmOptions::of(all)?.config(&name)
}

fn expected(path: String, expected: &str, found: &Value) -> OptionError {
    let found = match found {
        Value::Null => "nil",
        Value::Bool(_) => "boolean",
        Value::Int(_) | Value::Uint(_) | Value::Float(_) => "number",
        Value::Str(_) | Value::Bin(_) => "string",
        Value::List(_) | Value::Dict(_) => "table",
    };
    OptionError::new(path, format!("expected {expected}, got {found}"))
}
