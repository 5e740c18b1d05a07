//! An MCP server and the authorization server that guards it, on one origin of loopback, as a test wants
//! them: tokens that end, clients that are forgotten, redirects of somebody else.

use super::fault::{McpScript, RecordedRequest, Response, Script, json_rpc_response};
use super::fault_server::FaultServer;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::{Url, form_urlencoded};

/// Where the browser of a sign-in is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Browser {
    /// On this machine: it comes back to the listener.
    ComesBack,
    /// Elsewhere: its user pastes the URL that it ends at, after one of something else.
    Pastes,
}

/// Everything that the two servers know.
#[derive(Debug, Default)]
struct Known {
    made: u32,
    clients: HashSet<String>,
    registered: u32,
    /// Codes, and the challenge and the resource that they belong to.
    codes: HashMap<String, (String, String)>,
    redeemed: u32,
    access: HashSet<String>,
    refresh: HashSet<String>,
    renewed: u32,
    lifetime: u64,
    failing: u16,
    issuer_in_redirects: Option<String>,
    /// Who the MCP server says that one signs in at, instead of this one.
    guard: Option<String>,
    redirect_mcp: Option<String>,
    elsewhere: Vec<String>,
    secrets: Vec<String>,
}

/// The two servers.
#[derive(Debug)]
pub(crate) struct AuthorizationServer {
    server: FaultServer,
    known: Arc<Mutex<Known>>,
}

impl AuthorizationServer {
    pub(crate) async fn start() -> Self {
        let known = Arc::new(Mutex::new(Known { lifetime: 3600, ..Known::default() }));
        let (shared, mcp) = (Arc::clone(&known), mcp());
        let server = FaultServer::start(move |request| {
            let known = shared.lock().unwrap_or_else(PoisonError::into_inner);
            answer(known, &mcp, request)
        })
        .await;
        Self { server, known }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn mcp_url(&self) -> String {
        self.server.url("/mcp")
    }

    pub(crate) fn issuer(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Seconds for which the tokens to come are good.
    pub(crate) fn lifetime(&self, seconds: u64) {
        self.known().lifetime = seconds;
    }

    /// From now on the token endpoint fails with this status; with 0 it works.
    pub(crate) fn fail_tokens(&self, status: u16) {
        self.known().failing = status;
    }

    pub(crate) fn revoke_access(&self) {
        self.known().access.clear();
    }

    pub(crate) fn revoke_refresh(&self) {
        self.known().refresh.clear();
    }

    pub(crate) fn forget_clients(&self) {
        self.known().clients.clear();
    }

    /// What redirects say who they come from.
    pub(crate) fn name_itself(&self, issuer: &str) {
        self.known().issuer_in_redirects = Some(issuer.to_owned());
    }

    /// The MCP server leaves signing in to this one.
    pub(crate) fn leave_to(&self, issuer: &str) {
        self.known().guard = Some(issuer.to_owned());
    }

    /// From now on the MCP server redirects to this path.
    pub(crate) fn redirect_mcp(&self, path: &str) {
        self.known().redirect_mcp = Some(path.to_owned());
    }

    /// Requests for other paths than that of the MCP server that had a token.
    pub(crate) fn authorized_elsewhere(&self) -> Vec<String> {
        self.known().elsewhere.clone()
    }

    /// How many clients were registered.
    pub(crate) fn registered(&self) -> u32 {
        self.known().registered
    }

    /// How many codes were redeemed.
    pub(crate) fn redeemed(&self) -> u32 {
        self.known().redeemed
    }

    /// How many times tokens were renewed.
    pub(crate) fn renewed(&self) -> u32 {
        self.known().renewed
    }

    /// Every token and verifier so far.
    pub(crate) fn secrets(&self) -> Vec<String> {
        self.known().secrets.clone()
    }
}

/// A server with one tool.
fn mcp() -> McpScript {
    let tool = json!({ "name": "guarded", "inputSchema": { "type": "object" } });
    let list = json!({
        "resultType": "complete", "tools": [tool], "ttlMs": 0, "cacheScope": "private",
    });
    McpScript::modern().on("tools/list", Script::respond(json_rpc_response(list)))
}

fn answer(mut known: MutexGuard<'_, Known>, mcp: &McpScript, request: &RecordedRequest) -> Script {
    let origin = format!("http://{}", request.field("host").unwrap_or_default());
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    if path != "/mcp" && request.field("authorization").is_some() {
        known.elsewhere.push(path.to_owned());
    }
    Script::respond(match path {
        "/mcp" => {
            let token = request.field("authorization").and_then(|it| it.strip_prefix("Bearer "));
            if !token.is_some_and(|token| known.access.contains(token)) {
                return Script::respond(challenge(&origin));
            }
            if let Some(path) = &known.redirect_mcp {
                return Script::respond(Response::redirect(307, path));
            }
            return mcp.script_for(request);
        }
        "/.well-known/oauth-protected-resource/mcp" => json_of(&json!({
            "resource": format!("{origin}/mcp"),
            "authorization_servers": [known.guard.as_ref().unwrap_or(&origin)],
            "scopes_supported": ["tools"],
        })),
        "/.well-known/oauth-authorization-server" => json_of(&json!({
            "issuer": origin,
            "authorization_endpoint": format!("{origin}/authorize"),
            "token_endpoint": format!("{origin}/token"),
            "registration_endpoint": format!("{origin}/register"),
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "authorization_response_iss_parameter_supported": true,
        })),
        "/register" => {
            known.registered += 1;
            let client = known.make("client");
            known.clients.insert(client.clone());
            Response::json(201, json!({ "client_id": client }).to_string())
        }
        "/authorize" => known.authorize(&origin, query),
        "/token" => known.token(&request.body),
        _ => Response::new(404),
    })
}

fn challenge(origin: &str) -> Response {
    let metadata = format!("{origin}/.well-known/oauth-protected-resource/mcp");
    Response::new(401).field("www-authenticate", format!("Bearer resource_metadata=\"{metadata}\""))
}

fn json_of(value: &Value) -> Response {
    Response::json(200, value.to_string())
}

fn refusal(error: &str) -> Response {
    Response::json(400, json!({ "error": error }).to_string())
}

fn form(text: &[u8]) -> HashMap<String, String> {
    form_urlencoded::parse(text).into_owned().collect()
}

impl Known {
    /// Something that was never there before.
    fn make(&mut self, what: &str) -> String {
        self.made += 1;
        format!("{what}-{}-canary", self.made)
    }

    fn authorize(&mut self, origin: &str, query: &str) -> Response {
        let asked = form(query.as_bytes());
        let part = |name: &str| asked.get(name).cloned().unwrap_or_default();
        let code = self.make("code");
        self.codes.insert(code.clone(), (part("code_challenge"), part("resource")));
        let mut back = Url::parse(&part("redirect_uri")).unwrap();
        let issuer = self.issuer_in_redirects.clone().unwrap_or_else(|| origin.to_owned());
        back.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &part("state"))
            .append_pair("iss", &issuer);
        Response::redirect(302, back.as_str())
    }

    fn token(&mut self, body: &[u8]) -> Response {
        let asked = form(body);
        let part = |name: &str| asked.get(name).cloned().unwrap_or_default();
        if self.failing != 0 {
            return Response::new(self.failing);
        }
        if !self.clients.contains(&part("client_id")) {
            return refusal("invalid_client");
        }
        match part("grant_type").as_str() {
            "authorization_code" => {
                let verifier = part("code_verifier");
                let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
                self.secrets.push(verifier);
                match self.codes.remove(&part("code")) {
                    Some(issued) if issued == (challenge, part("resource")) => self.redeemed += 1,
                    _ => return refusal("invalid_grant"),
                }
            }
            "refresh_token" => {
                // Each is good once: whoever comes with an old one has stolen it, and all of them end.
                if !self.refresh.remove(&part("refresh_token")) {
                    self.refresh.clear();
                    self.access.clear();
                    return refusal("invalid_grant");
                }
                self.renewed += 1;
            }
            _ => return refusal("unsupported_grant_type"),
        }
        let (access, refresh) = (self.make("access"), self.make("refresh"));
        self.access.insert(access.clone());
        self.refresh.insert(refresh.clone());
        self.secrets.extend([access.clone(), refresh.clone()]);
        json_of(&json!({
            "access_token": access,
            "refresh_token": refresh,
            "token_type": "Bearer",
            "expires_in": self.lifetime,
        }))
    }
}

impl Browser {
    /// Goes to a page, and returns what its user pastes.
    pub(crate) async fn go(self, page: &str) -> String {
        let back = location(&get(page).await).expect("the page leads back");
        match self {
            Self::ComesBack => {
                get(&back).await;
                String::new()
            }
            Self::Pastes => format!("http://127.0.0.1:1/callback?code=x\n{back}\n"),
        }
    }
}

fn location(head: &str) -> Option<String> {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(name, _)| name.eq_ignore_ascii_case("location")).map(|(_, to)| to.to_owned())
}

/// The head of the answer to a GET.
pub(crate) async fn get(url: &str) -> String {
    let url = Url::parse(url).unwrap();
    let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let mut stream = TcpStream::connect(authority).await.unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nhost: {authority}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        if stream.read_buf(&mut head).await.unwrap() == 0 {
            break;
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}
