//! Tasks: a server that takes long answers with a name for the work, and is asked how far it got
//! (2026-07-28, the extension `io.modelcontextprotocol/tasks`; 2025-11-25, "Tasks", which is
//! experimental). A caller sees a call that takes its time, like any other.

use core::time::Duration;

use crate::call::Call;
use crate::error::{Error, RpcError};
use crate::json_string;
use crate::json_text::{Picked, each_item};
use crate::legacy;
use crate::limits::{FIRST_POLL, LONGEST_POLL, SHORTEST_POLL};
use crate::modern::Outline;
use crate::params::Params;
use crate::session::{Parting, Session, Wire};
use crate::typed::member;

use super::inputs::Round;
use super::{Next, RequestCall, State};
use crate::call::repetition::Repetitions;

/// JSON-RPC 2.0 section 5.1: what servers answer to a call that they only take as a task (2025-11-25,
/// "Tasks", "Tool-Level Negotiation").
const METHOD_NOT_FOUND: i64 = -32601;

/// The work that a server does for a call.
#[derive(Debug)]
pub(super) struct Task {
    /// The server's name for it, as JSON text.
    id: String,
    pause: Duration,
    /// What the server said last of how far it is.
    said: Option<String>,
    /// Names of inputs that it has, as JSON texts: until it has taken them it asks for them again.
    given: Vec<String>,
    next: Ask,
    /// Whether its result is asked for by itself (2025-11-25).
    is_legacy: bool,
}

/// What is asked next about a task.
#[derive(Debug)]
enum Ask {
    /// How far it is.
    Get(Params),
    /// Nothing: it is given what it asked for.
    Update(Params),
    /// Its result, for which a legacy server keeps the answer back.
    Result(Params),
}

impl Task {
    fn new(id: &str) -> Self {
        let (id, next) = (id.to_owned(), Ask::Get(named(id)));
        Self { id, pause: FIRST_POLL, said: None, given: Vec::new(), next, is_legacy: false }
    }

    fn asks(&self) -> (&'static str, &Params) {
        match &self.next {
            Ask::Get(params) => ("tasks/get", params),
            Ask::Update(params) => ("tasks/update", params),
            Ask::Result(params) => ("tasks/result", params),
        }
    }

    fn get(&mut self) {
        self.next = Ask::Get(named(&self.id));
    }
}

/// The parameters that name a task.
fn named(id: &str) -> Params {
    Params::object(&[("taskId", id)])
}

/// What a server says of a task.
struct Report<'a> {
    id: Option<&'a str>,
    status: String,
    said: Option<String>,
    pause: Option<Duration>,
    result: Option<&'a str>,
    error: Option<&'a str>,
    requests: Option<&'a str>,
}

impl<'a> Report<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let names = [
            "taskId",
            "status",
            "statusMessage",
            "pollIntervalMs",
            "pollInterval",
            "result",
            "error",
            "inputRequests",
        ];
        let [id, status, said, pause, legacy_pause, result, error, requests] =
            Picked::from(text, names).ok()?.values;
        let pause = member::size(pause.or(legacy_pause)).map(Duration::from_millis);
        Some(Self {
            id: id.filter(|id| json_string::inside(id).is_some()),
            status: member::string(status)?,
            said: member::string(said),
            pause: pause.map(|pause| pause.clamp(SHORTEST_POLL, LONGEST_POLL)),
            result: member::present(result),
            error: member::present(error),
            requests: member::present(requests),
        })
    }
}

impl RequestCall {
    /// What is sent next: the request itself, or what is asked about its task.
    pub(super) fn asks(&self) -> (&str, &Params) {
        match (&self.task, &self.as_task) {
            (Some(task), _) => task.asks(),
            (None, Some(params)) => (&self.method, params),
            (None, None) => (&self.method, self.rounds.params(&self.params)),
        }
    }

    /// Whether the server has begun with the request, whatever became of what was sent last.
    pub(super) fn has_begun(&self) -> bool {
        self.task.is_some() || self.rounds.have_begun()
    }

    /// The server answered with a task (modern era).
    pub(super) fn task_begun(&mut self, result: &str) {
        let report = Report::read(result);
        let Some((report, id)) = report.as_ref().and_then(|report| Some((report, report.id?)))
        else {
            self.settle(Err(self.invalid("its task has no name, or no status")));
            return;
        };
        self.task = Some(Task::new(id));
        if report.status == "working" {
            self.task_reported(report);
        } else {
            // What came of it is not said here, also where it is done already (SEP-2663,
            // `CreateTaskResult`): that is asked for, and at once.
            self.state = State::Ready;
        }
    }

    /// The server answered with a task where it was asked to (legacy era).
    pub(super) fn legacy_task(&self, result: &str) -> Option<Task> {
        let asked = self.as_task.as_ref().unwrap_or(&self.params);
        asked.get("task")?;
        let [task] = Picked::from(result, ["task"]).ok()?.values;
        let [id] = Picked::from(task?, ["taskId"]).ok()?.values;
        let id = id.filter(|id| json_string::inside(id).is_some())?;
        Some(Task { is_legacy: true, ..Task::new(id) })
    }

    /// What was asked about the task is answered.
    pub(super) fn task_answered(&mut self, result: String) {
        self.repetitions = Repetitions::default();
        match self.task.as_mut().map(|task| &task.next) {
            Some(Ask::Result(_)) => {
                self.settle(Ok(result));
            }
            Some(Ask::Update(_)) => self.poll_task(None),
            Some(Ask::Get(_)) | None => match Report::read(&result) {
                Some(report) => self.task_reported(&report),
                None => {
                    self.settle(Err(self.invalid("what it says of its task has no status")));
                }
            },
        }
    }

    fn task_reported(&mut self, report: &Report<'_>) {
        if let (Some(task), Some(pause)) = (&mut self.task, report.pause) {
            task.pause = pause;
        }
        if let Some(task) = self.task.as_mut().filter(|task| task.is_legacy)
            && report.status != "working"
        {
            // The answer has the result, or the error; what the task asks comes on its stream.
            task.next = Ask::Result(named(&task.id));
            self.state = State::Ready;
            return;
        }
        match report.status.as_str() {
            "working" => self.poll_task(report.said.clone()),
            "input_required" => self.task_asks(report),
            "completed" => {
                let outcome = report.result.map(str::to_owned);
                let outcome =
                    outcome.ok_or_else(|| self.invalid("its task is completed, without a result"));
                self.settle(outcome);
            }
            "failed" => {
                let error = report.error.map(RpcError::read).unwrap_or_else(|| {
                    RpcError::internal(report.said.as_deref().unwrap_or("the task failed"))
                });
                self.settle(Err(Error::Rpc(error)));
            }
            "cancelled" => {
                let said = report.said.as_ref().map(|said| format!(": {said}")).unwrap_or_default();
                let text = format!("the server cancelled the task{said}");
                self.settle(Err(Error::Rpc(RpcError::internal(&text))));
            }
            other => {
                let what = format!("the status `{other}` of its task is unknown");
                self.settle(Err(self.invalid(&what)));
            }
        }
    }

    /// Asks how far the task is, after a while; what it says of that is told where it is news.
    fn poll_task(&mut self, said: Option<String>) {
        let Some(task) = &mut self.task else { return };
        task.get();
        let held = State::Held(task.pause, Next::Repeat);
        let is_news = said.is_some() && task.said != said;
        self.state = match said.filter(|_| is_news) {
            Some(said) => {
                task.said = Some(said.clone());
                State::Telling(format!("`{}`: {said}", self.method), Box::new(held))
            }
            None => held,
        };
    }

    fn task_asks(&mut self, report: &Report<'_>) {
        let given = self.task.as_ref().map(|task| task.given.as_slice()).unwrap_or_default();
        let requests = report.requests.unwrap_or("{}");
        let text = format!(r#"{{"inputRequests":{requests}}}"#);
        match Round::parse_new(self.call, text, given) {
            // What it was given before it has not taken yet.
            Ok(round) if round.is_empty() => self.poll_task(None),
            Ok(round) => self.ask_round(round),
            Err(what) => {
                self.settle(Err(self.invalid(&what)));
            }
        }
    }

    /// Gives the task what it asked for; whether there is a task that did.
    pub(super) fn give_task(&mut self, round: &Round, responses: &str) -> bool {
        let Some(task) = &mut self.task else { return false };
        task.given.extend(round.names().iter().cloned());
        let id = task.id.clone();
        task.next = Ask::Update(Params::object(&[("taskId", &id), ("inputResponses", responses)]));
        self.state = State::Ready;
        true
    }

    /// Whether a legacy server takes the call only as a task, so that it is repeated as one.
    pub(super) fn becomes_task(&mut self, session: &Session, error: &RpcError) -> bool {
        let is_due = error.code == METHOD_NOT_FOUND && self.may_become_task(session);
        self.repeat_as_task_if(is_due)
    }

    /// The same, where the refusal came as a result that is an error, as the TypeScript SDK has it.
    pub(super) fn becomes_task_after(&mut self, session: &Session, result: &str) -> bool {
        // In this order: only what may become a task is read for that.
        let is_due = self.may_become_task(session) && refuses_without_task(result);
        self.repeat_as_task_if(is_due)
    }

    fn may_become_task(&self, session: &Session) -> bool {
        self.method == "tools/call"
            && self.as_task.is_none()
            && matches!(session.wire(), Wire::Legacy(_))
            && self.params.get("task").is_none()
            && session.description().is_some_and(|known| known.has("tasks"))
    }

    fn repeat_as_task_if(&mut self, is_due: bool) -> bool {
        if is_due {
            self.as_task = Some(self.params.with("task", "{}"));
            self.state = State::Ready;
        }
        is_due
    }

    /// What tells the server that nobody wants its task any more.
    pub(super) fn task_cancellation(&self, session: &mut Session) -> Option<Call> {
        let task = self.task.as_ref()?;
        let method = "tasks/cancel";
        let params = named(&task.id);
        let outline =
            Outline { id: Some(session.next_id()), method, params: &params, progress: false };
        let (fields, body) = match session.wire() {
            Wire::Modern(modern) | Wire::Closing(Parting::Modern(modern)) => {
                (modern.fields(method, &params).ok()?, modern.message(session, &outline))
            }
            Wire::Legacy(legacy) | Wire::Closing(Parting::Legacy(legacy)) => {
                (legacy.fields(), legacy::message(&outline))
            }
            Wire::Unopened | Wire::Lost | Wire::Closed => return None,
        };
        Some(Call::delivery(method, session.post(fields, body, None)))
    }
}

/// Whether the result of a tool is the refusal of the TypeScript SDK to run it but as a task: one text,
/// which begins with those words. A tool that did run may speak of tasks, too.
fn refuses_without_task(result: &str) -> bool {
    let [is_error, content] = Picked::from(result, ["isError", "content"])
        .map(|picked| picked.values)
        .unwrap_or_default();
    if !member::flag(is_error) {
        return false;
    }
    let (mut blocks, mut is_refusal) = (0, false);
    let mut take = |block| {
        blocks += 1;
        let [text] = Picked::from(block, ["text"]).map(|picked| picked.values).unwrap_or_default();
        let inside = text.and_then(json_string::inside).unwrap_or_default();
        is_refusal = inside.starts_with("MCP error -32601: Tool ")
            && inside.contains(" requires task augmentation");
    };
    let is_list = content.is_some_and(|content| each_item(content, &mut take).is_ok());
    is_list && blocks == 1 && is_refusal
}
