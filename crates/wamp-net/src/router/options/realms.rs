//! Which realms a router serves: names, and tables of what differs in one.

use wamp_proto::router::RealmConfig;
use wamp_proto::{Dict, Value};

use super::limits::Limiting;
use super::realm::RealmOptions;
use crate::options::OptionError;
use crate::router::OnDemand;

/// The option's name.
pub(super) const REALMS: &str = "realms";
/// The name that stands for all other names.
const ANY: &str = "*";
const NAME: &str = "name";

/// The option that says whether clients may join without authentication.
const ANONYMOUS: &str = "anonymous";

pub(super) struct Realms {
    pub(super) named: Vec<RealmConfig>,
    pub(super) on_demand: Option<OnDemand>,
    /// The names of those that clients may join without authentication though nobody has said so.
    pub(super) unguarded: Vec<String>,
}

/// What realms have in common.
pub(super) struct Common {
    options: Dict,
    model: RealmConfig,
}

impl Realms {
    /// `realms` is the option of that name.
    pub(super) fn new(realms: Option<Value>, common: &Common, limiting: &Limiting) -> Result<Self, OptionError> {
        let (mut named, mut any, mut unguarded) = (Vec::new(), None, Vec::new());
        for (at, entry) in entries(realms)? {
            let Realm { config, guarded } = common.realm(at, entry)?;
            let config = RealmConfig { goodbye_timeout: limiting.limits().close_timeout, ..config };
            if !guarded {
                unguarded.push(config.name.to_string());
            }
            match &*config.name {
                ANY if any.is_some() => return Err(OptionError::new(REALMS, "the realm '*' is given twice")),
                ANY => any = Some(config),
                _ => named.push(config),
            }
        }
        let on_demand = any.map(|realm| OnDemand { realm, limit: limiting.realms() });
        Ok(Self { named, on_demand, unguarded })
    }
}

/// A realm, and whether somebody has thought of who may join it.
struct Realm {
    config: RealmConfig,
    guarded: bool,
}

impl Common {
    /// `options` are a router's, `read` is what they say about realms.
    pub(super) fn new(options: &Dict, read: &RealmOptions) -> Result<Self, OptionError> {
        Ok(Self { options: RealmOptions::among(options), model: read.config(ANY)? })
    }

    fn realm(&self, at: String, entry: Value) -> Result<Realm, OptionError> {
        match entry {
            Value::Str(name) => Ok(guard(RealmConfig { name, ..self.model.clone() }, &self.options)),
            Value::Dict(own) => self.table(own).map_err(|error| error.within(&at)),
            other => Err(OptionError::expected(at, "a string or a table", Some(&other))),
        }
    }

    /// A realm with options of its own, which replace those that all have in common.
    fn table(&self, mut own: Dict) -> Result<Realm, OptionError> {
        let name = match own.remove(NAME) {
            Some(Value::Str(name)) => name,
            other => return Err(OptionError::expected(NAME, "string", other.as_ref())),
        };
        RealmOptions::of(own.clone())?;
        let all = own.iter().fold(self.options.clone(), |all, (key, value)| all.with(key.clone(), value.clone()));
        let config = RealmOptions::of(all.clone())?.config(&name)?;
        Ok(guard(config, &all))
    }
}

fn guard(config: RealmConfig, options: &Dict) -> Realm {
    let guarded = config.auth.anonymous.is_none() || options.get(ANONYMOUS).is_some();
    Realm { config, guarded }
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
        Some(other) => Err(OptionError::expected(REALMS, "a string or a list of strings and tables", Some(&other))),
    }
}
