//! `sandbar policy`, and `--dry-run`: what a policy makes of a request, without one.

use crate::args::{Command, ExplainArgs, GrantArgs, PolicyCommand};
use crate::commands::fetch;
use crate::connection::{granted, policy_for};
use crate::failure::{Failure, exit};
use crate::json::{JsonObject, JsonText};
use crate::parse::read_policy;
use crate::show::stdout;
use sandbar::http::{Asked, Explanation, POLICY_SCHEMA, Policy, Step, Target};
use std::net::IpAddr;
use url::Url;

/// What is to be told of policies, with all that was typed read and checked.
pub(crate) enum Telling {
    /// That a file is a policy.
    Valid(String),
    /// What is made of a request.
    Explained(Box<Question>),
    /// The schema.
    Schema,
}

/// A request that is not sent.
pub(crate) struct Question {
    policy: Policy,
    url: Url,
    target: Target,
    method: String,
    address: Option<IpAddr>,
    as_json: bool,
}

impl Telling {
    /// Reads and checks what was typed.
    pub(crate) fn resolve(command: PolicyCommand) -> Result<Self, Failure> {
        Ok(match command {
            PolicyCommand::Schema => Self::Schema,
            PolicyCommand::Check { file } => {
                read_policy("FILE", &file)?;
                Self::Valid(file.display().to_string())
            }
            PolicyCommand::Explain(args) => {
                let policy = read_policy("FILE", &args.file)?;
                let ExplainArgs { url, method, address, json, .. } = args;
                Self::Explained(Box::new(Question::new(policy, &url, method, address, json)?))
            }
        })
    }

    /// What `--dry-run` asks for, where it is there.
    pub(crate) fn dry_run(command: &Command) -> Result<Option<Self>, Failure> {
        let (grant, url, method, as_json): (&GrantArgs, _, _, _) = match command {
            Command::Fetch(args) => (&args.grant, &args.url, fetch::method(args), false),
            Command::Proxy(args) => (&args.grant, &args.url, "POST", false),
            // What MCP begins with.
            other => match other.server() {
                Some(server) => (&server.grant, &server.url, "POST", server.output.json),
                None => return Ok(None),
            },
        };
        if !grant.dry_run {
            return Ok(None);
        }
        let policy = policy_for(url, granted(grant)?.as_ref())?;
        let question = Question::new(policy, url, method.to_owned(), None, as_json)?;
        Ok(Some(Self::Explained(Box::new(question))))
    }

    /// Tells it, and returns the exit code.
    pub(crate) fn tell(&self) -> Result<u8, Failure> {
        match self {
            Self::Schema => stdout::text(POLICY_SCHEMA)?,
            Self::Valid(name) => stdout::text(&format!("{name} is a policy"))?,
            Self::Explained(question) => return question.answer(),
        }
        Ok(exit::OK)
    }
}

impl Question {
    fn new(
        policy: Policy,
        url: &str,
        method: String,
        address: Option<IpAddr>,
        as_json: bool,
    ) -> Result<Self, Failure> {
        let url = Url::parse(url)?;
        // The same checks and words as for a URL to connect to.
        Policy::origin(&url)?;
        let target = Target::try_from(&url).map_err(|_| url::ParseError::InvalidDomainCharacter)?;
        Ok(Self { policy, url, target, method, address, as_json })
    }

    fn answer(&self) -> Result<u8, Failure> {
        let asked = Asked::new(&self.target, &self.method, self.url.path());
        let explained = self.policy.explain(&asked, self.address);
        if self.as_json {
            stdout::json(JsonText::from(self.object(&explained)).as_str())?;
        } else {
            stdout::text(&self.lines(&explained).join("\n"))?;
        }
        Ok(if explained.verdict.is_ok() { exit::OK } else { exit::DENIED })
    }

    fn lines(&self, explained: &Explanation) -> Vec<String> {
        let Self { target, method, url, .. } = self;
        let mut lines = vec![format!("{method} {target}{}", url.path())];
        lines.extend(explained.steps.iter().map(|step| {
            let kind = if step.allows { "allow" } else { "deny" };
            let about = match (step.mismatch, &step.addresses) {
                (Some(mismatch), _) => format!("is for another {mismatch}"),
                (None, Some(addresses)) => format!("is for this request at {addresses}"),
                (None, None) => "is for this request".to_owned(),
            };
            format!("  {kind} `{}` of {} {about}", step.rule, step.policy)
        }));
        if let Some((address, class)) = explained.address {
            lines.push(format!("  address {address} is {class}"));
        }
        lines.extend(explained.addresses.iter().map(|allowed| format!("  may be at {allowed}")));
        lines.push(match &explained.verdict {
            Ok(rules) => format!("allowed by {}", quoted(rules)),
            Err(denial) => format!("denied: {denial}"),
        });
        lines
    }

    fn object(&self, explained: &Explanation) -> JsonObject {
        let texts = |texts: &[String]| {
            JsonText::array(&texts.iter().map(|text| JsonText::string(text)).collect::<Vec<_>>())
        };
        let steps: Vec<_> = explained.steps.iter().map(step).collect();
        let allowed: Vec<_> = explained.addresses.iter().map(ToString::to_string).collect();
        let object = JsonObject::default()
            .with("method", JsonText::string(&self.method))
            .with("origin", JsonText::string(&self.target.to_string()))
            .with("path", JsonText::string(self.url.path()))
            .with("allowed", explained.verdict.is_ok().into())
            .with("steps", JsonText::array(&steps))
            .with("addresses", texts(&allowed));
        let object = match explained.address {
            Some((address, class)) => object
                .with("address", JsonText::string(&address.to_string()))
                .with("class", JsonText::string(&class.to_string())),
            None => object,
        };
        match &explained.verdict {
            Ok(rules) => object.with("rules", texts(rules)),
            Err(denial) => object.with("denial", JsonText::string(&denial.to_string())),
        }
    }
}

fn step(step: &Step) -> JsonText {
    let object = JsonObject::default()
        .with("policy", JsonText::string(&step.policy))
        .with("rule", JsonText::string(&step.rule))
        .with("allows", step.allows.into())
        .with("matches", step.mismatch.is_none().into());
    let object = match (step.mismatch, &step.addresses) {
        (Some(mismatch), _) => object.with("mismatch", JsonText::string(&mismatch.to_string())),
        (None, Some(addresses)) => object.with("at", JsonText::string(&addresses.to_string())),
        (None, None) => object,
    };
    object.into()
}

fn quoted(rules: &[String]) -> String {
    rules.iter().map(|rule| format!("`{rule}`")).collect::<Vec<_>>().join(" and ")
}
