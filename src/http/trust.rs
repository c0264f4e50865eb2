//! Who may ask: this machine itself, whoever knows the token, and, for what other tools need, who knows the secret of
//! webhooks or is in a trusted network. A web page that a browser of the house shows may not.

use super::HttpSettings;
use super::body::WEBHOOKS;
use crate::api::run::Fault;
use axum::http::uri::{Authority, Uri};
use axum::http::{HeaderMap, Method, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use std::net::IpAddr;

/// Anybody may ask these: they tell no more than a closed port would.
pub(super) const OPEN_PATHS: [&str; 3] = ["/health", "/health/live", "/ready"];
/// Lingarr's address, where a token may be shown as its clients do.
const LINES_PATH: &str = "/api/translate/content";
/// Addresses that tools know which can send no token: a trusted network is enough.
const TOOL_ROUTES: [&str; 7] = [
    "/status",
    "/asr",
    "/detect-language",
    "/v1/audio/transcriptions",
    "/v1/audio/translations",
    "/v1/models",
    "/api/translate/content",
];
/// The address whose last part is the secret.
const SECRET_ROUTE: &str = "/webhook/{source}/{secret}";
/// Where senders of webhooks put the secret.
const SECRET_HEADER: &str = "x-kinora-secret";
/// Set by proxies: who asks is not who connects.
const FORWARDING_HEADERS: [&str; 6] =
    ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"];
/// Ends of names that nobody can own on the internet.
const HOUSE_ENDS: [&str; 5] = [".local", ".lan", ".home", ".home.arpa", ".internal"];

/// A request, as far as trust needs it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    /// Who connected.
    pub(super) peer: IpAddr,
    /// What it wants to do.
    pub(super) method: &'a Method,
    /// With what: the pattern of the address.
    pub(super) route: &'a str,
    /// The address itself.
    pub(super) path: &'a str,
    /// How it says so.
    pub(super) headers: &'a HeaderMap,
}

/// Why a request is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// It comes from this machine itself.
    Here,
    /// It has the token or the secret, or comes from a trusted network.
    Known,
    /// Anybody may ask this.
    Anybody,
}

/// Why a request is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denied {
    /// It needs a token and has none.
    NoToken,
    /// It has another token, or more than one.
    WrongToken,
    /// It names a host that is not this one.
    ForeignHost,
    /// A page of another host sent it.
    ForeignOrigin,
}

impl Denied {
    /// The status of the answer.
    pub(super) fn status(self) -> StatusCode {
        match self {
            Denied::NoToken | Denied::WrongToken => StatusCode::UNAUTHORIZED,
            Denied::ForeignHost | Denied::ForeignOrigin => StatusCode::FORBIDDEN,
        }
    }

    /// For people.
    pub(super) fn fault(self) -> Fault {
        let (what, remedy) = match self {
            Denied::NoToken => (
                "this needs a token",
                "send the token of Kinora's token file in the header `Authorization: Bearer ...`",
            ),
            Denied::WrongToken => ("the token is wrong", "send the one of Kinora's token file"),
            Denied::ForeignHost => (
                "the request names a host that is not this machine",
                "use localhost, or name the host in Kinora's configuration",
            ),
            Denied::ForeignOrigin => (
                "a page of another host may change nothing here",
                "use Kinora's own pages, or name the host in Kinora's configuration",
            ),
        };
        Fault::operator(what, remedy)
    }
}

/// May this be asked?
pub(super) fn judge(asked: &Asked<'_>, settings: &HttpSettings) -> Result<Pass, Denied> {
    if !asked.method.is_safe() && !is_own_origin(asked.headers, settings) {
        return Err(Denied::ForeignOrigin);
    }
    let forwarded = FORWARDING_HEADERS.iter().any(|it| asked.headers.contains_key(*it));
    let is_here = asked.peer.to_canonical().is_loopback() && !forwarded;
    if OPEN_PATHS.contains(&asked.route) {
        return Ok(if is_here { Pass::Here } else { Pass::Anybody });
    }
    let is_webhook = WEBHOOKS.contains(&asked.route);
    let offered = match asked.route {
        _ if is_webhook => secrets(asked),
        LINES_PATH => vec![key(asked.headers).or_else(|| bearer(asked.headers))],
        _ => vec![bearer(asked.headers)],
    };
    let mut offered = offered.into_iter().flatten().peekable();
    if offered.peek().is_some() {
        let right = |it: &Offered| match it {
            Offered::Token(it) => {
                settings.token.is(it) || is_webhook && settings.is_webhook_secret(it)
            }
            Offered::InAddress(it) => settings.is_webhook_secret(it),
            Offered::Garbled => false,
        };
        return if offered.any(|it| right(&it)) {
            Ok(Pass::Known)
        } else {
            Err(Denied::WrongToken)
        };
    }
    if forwarded {
        return Err(Denied::NoToken);
    }
    // A page's name may be made to point at this machine; then the browser still says which name it asked for.
    let host = host(asked.headers);
    if is_here {
        let host = host.filter(|it| is_own_host(it.host(), settings));
        return host.map(|_| Pass::Here).ok_or(Denied::ForeignHost);
    }
    let peer = asked.peer.to_canonical();
    let trusted = settings.trusted_networks.iter().any(|it| it.contains(&peer));
    if !(trusted && (is_webhook || TOOL_ROUTES.contains(&asked.route))) {
        return Err(Denied::NoToken);
    }
    let host = host.filter(|it| is_own_host(it.host(), settings) || is_of_house(it.host()));
    host.map(|_| Pass::Known).ok_or(Denied::ForeignHost)
}

impl HttpSettings {
    fn is_webhook_secret(&self, offered: &[u8]) -> bool {
        self.webhook_secret.as_ref().is_some_and(|it| it.is(offered))
    }
}

/// What is shown at the door.
enum Offered {
    Token(Vec<u8>),
    /// The last part of the address: it may lie in the logs of others, so the token itself does not count there.
    InAddress(Vec<u8>),
    Garbled,
}

/// The key that Lingarr's clients show.
fn key(headers: &HeaderMap) -> Option<Offered> {
    let key = headers.get("x-api-key")?;
    Some(Offered::Token(key.as_bytes().trim_ascii().to_vec()))
}

/// All that a sender of webhooks shows.
fn secrets(asked: &Asked<'_>) -> Vec<Option<Offered>> {
    let in_address = (asked.route == SECRET_ROUTE).then(|| {
        let last = asked.path.rsplit('/').next().unwrap_or_default();
        Offered::InAddress(percent_decode_str(last).collect())
    });
    let mut headers = asked.headers.get_all(SECRET_HEADER).iter();
    let header = match (headers.next(), headers.next()) {
        (None, _) => None,
        (Some(one), None) => Some(Offered::Token(one.as_bytes().trim_ascii().to_vec())),
        (Some(_), Some(_)) => Some(Offered::Garbled),
    };
    vec![in_address, header, password(asked.headers).or_else(|| bearer(asked.headers))]
}

/// The value of the one header of this kind behind its scheme.
fn authorization<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a [u8]> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (said, rest) = value.as_bytes().split_at_checked(scheme.len())?;
    let rest = rest.strip_prefix(b" ")?;
    said.eq_ignore_ascii_case(scheme.as_bytes()).then(|| rest.trim_ascii())
}

fn bearer(headers: &HeaderMap) -> Option<Offered> {
    headers.contains_key(header::AUTHORIZATION).then(|| {
        let token = authorization(headers, "Bearer");
        token.map_or(Offered::Garbled, |it| Offered::Token(it.to_vec()))
    })
}

/// The password of HTTP's Basic scheme, which is what Sonarr and Radarr can send; whatever the name.
fn password(headers: &HeaderMap) -> Option<Offered> {
    let packed = authorization(headers, "Basic")?;
    let unpacked = STANDARD.decode(packed).ok();
    let password = unpacked.as_ref().and_then(|it| {
        let colon = it.iter().position(|byte| *byte == b':')?;
        it.get(colon + 1..)
    });
    Some(password.map_or(Offered::Garbled, |it| Offered::Token(it.to_vec())))
}

/// The one host that is asked for.
fn host(headers: &HeaderMap) -> Option<Authority> {
    let mut values = headers.get_all(header::HOST).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    authority(value.to_str().ok()?)
}

fn authority(text: &str) -> Option<Authority> {
    text.parse().ok().filter(|it: &Authority| !it.as_str().contains('@'))
}

fn is_own_host(host: &str, settings: &HttpSettings) -> bool {
    let bare = host.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|it| it.to_canonical().is_loopback())
        || settings.hosts.iter().any(|it| it.eq_ignore_ascii_case(host))
}

/// A name or number that no page of the internet can have.
fn is_of_house(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(host);
    let lower = host.to_ascii_lowercase();
    bare.parse::<IpAddr>().is_ok()
        || !host.contains('.')
        || HOUSE_ENDS.iter().any(|it| lower.ends_with(it))
}

/// True where no page sent it, or one of the host that is asked.
fn is_own_origin(headers: &HeaderMap, settings: &HttpSettings) -> bool {
    let mut values = headers.get_all(header::ORIGIN).iter();
    let (first, more) = (values.next(), values.next());
    let Some(value) = first else { return true };
    let origin = value.to_str().ok().and_then(|it| it.parse::<Uri>().ok());
    let Some((origin, None)) = origin.map(|it| (it, more)) else { return false };
    let (Some(scheme), Some(from)) = (origin.scheme_str(), origin.authority()) else {
        return false;
    };
    let usual_port = if scheme == "https" { 443 } else { 80 };
    let port = |it: &Authority| it.port_u16().unwrap_or(usual_port);
    let same =
        |to: Authority| to.host().eq_ignore_ascii_case(from.host()) && port(&to) == port(from);
    host(headers).is_some_and(same)
        || settings.hosts.iter().any(|it| it.eq_ignore_ascii_case(from.host()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::limits::Limits;
    use crate::http::token::Token;
    use axum::http::{HeaderName, HeaderValue};

    const HERE: &str = "127.0.0.1";
    const LAN: &str = "192.168.1.20";
    const HOST: (&str, &str) = ("host", "localhost:8710");
    const TOKEN: (&str, &str) = ("authorization", "Bearer open-sesame");

    fn judged(peer: &str, request: &str, headers: &[(&str, &str)]) -> Result<(), Denied> {
        passed(peer, request, headers).map(drop)
    }

    fn passed(peer: &str, request: &str, headers: &[(&str, &str)]) -> Result<Pass, Denied> {
        let settings = HttpSettings {
            token: Token::new("open-sesame").unwrap(),
            webhook_secret: Token::new("hook-secret"),
            hosts: vec!["nas.lan".to_owned()],
            trusted_networks: vec!["192.168.7.0/24".parse().unwrap(), "fd00::/8".parse().unwrap()],
            limits: Limits::default(),
        };
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            map.append(name, HeaderValue::from_str(value).unwrap());
        }
        let (method, path) = request.split_once(' ').unwrap();
        let method = method.parse().unwrap();
        let peer = peer.parse().unwrap();
        let parts: Vec<&str> = path.split('/').collect();
        let route = match parts.as_slice() {
            ["", "webhook", _] => "/webhook/{source}",
            ["", "webhook", _, _] => SECRET_ROUTE,
            _ => path,
        };
        judge(&Asked { peer, method: &method, route, path, headers: &map }, &settings)
    }

    #[test]
    fn this_machine_needs_no_token_unless_it_asks_for_another() {
        for peer in [HERE, "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(judged(peer, "GET /status", &[HOST]), Ok(()), "{peer}");
        }
        for header in FORWARDING_HEADERS {
            let headers = [HOST, (header, "")];
            assert_eq!(judged(HERE, "GET /status", &headers), Err(Denied::NoToken), "{header}");
            assert_eq!(judged(HERE, "GET /status", &[HOST, (header, ""), TOKEN]), Ok(()));
        }
    }

    #[test]
    fn others_need_the_token_except_for_health() {
        for peer in [LAN, "2001:db8::1", "::ffff:10.0.0.1", "0.0.0.0"] {
            assert_eq!(judged(peer, "GET /status", &[HOST]), Err(Denied::NoToken), "{peer}");
            assert_eq!(judged(peer, "GET /status", &[TOKEN]), Ok(()), "{peer}");
            for path in OPEN_PATHS {
                assert_eq!(judged(peer, &format!("GET {path}"), &[]), Ok(()), "{path}");
            }
            let closed = judged(peer, "GET /health/extended", &[]);
            assert_eq!(closed, Err(Denied::NoToken), "{peer}");
        }
    }

    #[test]
    fn a_wrong_token_is_wrong_everywhere() {
        for value in ["Bearer open-sesam", "Bearer open-sesame2", "Bearer", "Bearer ", "Basic eDp5"]
        {
            for peer in [HERE, LAN] {
                let headers = [HOST, ("authorization", value)];
                assert_eq!(
                    judged(peer, "GET /status", &headers),
                    Err(Denied::WrongToken),
                    "{value}"
                );
            }
        }
        assert_eq!(judged(LAN, "GET /status", &[TOKEN, TOKEN]), Err(Denied::WrongToken));
        assert_eq!(judged(LAN, "GET /status", &[("authorization", "bearer open-sesame")]), Ok(()));
    }

    #[test]
    fn lingarrs_clients_show_the_token_in_their_own_way() {
        let post = format!("POST {LINES_PATH}");
        let key = |it| [("x-api-key", it)];
        assert_eq!(judged(LAN, &post, &key("open-sesame")), Ok(()));
        assert_eq!(judged(LAN, &post, &key("open")), Err(Denied::WrongToken));
        assert_eq!(judged(LAN, "POST /asr", &key("open-sesame")), Err(Denied::NoToken));
    }

    #[test]
    fn a_name_that_was_made_to_point_here_is_told_by_host() {
        for (host, allowed) in [
            ("localhost", true),
            ("LOCALHOST:1", true),
            ("127.0.0.1:8710", true),
            ("[::1]:8710", true),
            ("nas.lan", true),
            ("Nas.lan:8710", true),
            ("evil.example", false),
            ("localhost.evil.example", false),
            ("evil@localhost", false),
            ("192.168.1.5", false),
            ("", false),
        ] {
            let verdict = judged(HERE, "GET /status", &[("host", host)]);
            let expected = if allowed { Ok(()) } else { Err(Denied::ForeignHost) };
            assert_eq!(verdict, expected, "{host}");
        }
        assert_eq!(judged(HERE, "GET /status", &[]), Err(Denied::ForeignHost));
        assert_eq!(judged(HERE, "GET /status", &[HOST, HOST]), Err(Denied::ForeignHost));
        assert_eq!(judged(HERE, "GET /status", &[("host", "evil.example"), TOKEN]), Ok(()));
    }

    #[test]
    fn pages_of_others_change_nothing() {
        for (origin, allowed) in [
            ("http://localhost:8710", true),
            ("http://LOCALHOST:8710", true),
            ("https://nas.lan", true),
            ("http://localhost:3000", false),
            ("http://localhost", false),
            ("http://127.0.0.1:8710", false),
            ("https://evil.example", false),
            ("null", false),
            ("", false),
        ] {
            for method in ["POST", "DELETE"] {
                let request = format!("{method} /api/v1/jobs");
                for headers in
                    [vec![HOST, ("origin", origin)], vec![HOST, TOKEN, ("origin", origin)]]
                {
                    let expected = if allowed { Ok(()) } else { Err(Denied::ForeignOrigin) };
                    assert_eq!(judged(HERE, &request, &headers), expected, "{origin}");
                }
            }
            let reads = judged(HERE, "GET /api/v1/jobs", &[HOST, ("origin", origin)]);
            assert_eq!(reads, Ok(()), "{origin}");
        }
        let usual = [("host", "nas"), ("origin", "http://nas:80"), TOKEN];
        assert_eq!(judged(LAN, "POST /api/v1/jobs", &usual), Ok(()));
    }

    #[test]
    fn the_secret_of_webhooks_opens_webhooks_wherever_it_stands() {
        const BASIC: (&str, &str) = ("authorization", "Basic c29uYXJyOmhvb2stc2VjcmV0");
        let header = |value| ("x-kinora-secret", value);
        for (request, headers, expected) in [
            ("POST /webhook/sonarr", vec![header("hook-secret")], Ok(Pass::Known)),
            (
                "POST /webhook/sonarr",
                vec![("authorization", "Bearer hook-secret")],
                Ok(Pass::Known),
            ),
            ("POST /webhook/sonarr", vec![BASIC], Ok(Pass::Known)),
            ("PUT /webhook/sonarr/hook-secret", vec![], Ok(Pass::Known)),
            ("PUT /webhook/sonarr/hook%2Dsecret", vec![], Ok(Pass::Known)),
            ("POST /jellyfin", vec![header("hook-secret")], Ok(Pass::Known)),
            ("POST /webhook/sonarr", vec![TOKEN], Ok(Pass::Known)),
            ("POST /webhook/sonarr", vec![header("open-sesame")], Ok(Pass::Known)),
            ("POST /webhook/sonarr", vec![], Err(Denied::NoToken)),
            ("POST /webhook/sonarr", vec![header("hook-secre")], Err(Denied::WrongToken)),
            (
                "POST /webhook/sonarr",
                vec![header("hook-secret"), header("x")],
                Err(Denied::WrongToken),
            ),
            ("POST /webhook/sonarr/wrong", vec![], Err(Denied::WrongToken)),
            // The token of everything is not to lie in other programs' logs.
            ("POST /webhook/sonarr/open-sesame", vec![], Err(Denied::WrongToken)),
            ("POST /webhook/sonarr?secret=hook-secret", vec![], Err(Denied::NoToken)),
            // Nothing else.
            ("GET /api/v1/jobs", vec![header("hook-secret")], Err(Denied::NoToken)),
            (
                "GET /api/v1/jobs",
                vec![("authorization", "Bearer hook-secret")],
                Err(Denied::WrongToken),
            ),
            ("POST /asr", vec![BASIC], Err(Denied::WrongToken)),
        ] {
            let request = request.split('?').next().unwrap();
            assert_eq!(passed(LAN, request, &headers), expected, "{request} {headers:?}");
        }
        // This machine needs none, and a wrong one is not passed over.
        assert_eq!(passed(HERE, "POST /webhook/sonarr", &[HOST]), Ok(Pass::Here));
        let wrong = [HOST, header("x")];
        assert_eq!(passed(HERE, "POST /webhook/sonarr", &wrong), Err(Denied::WrongToken));
        assert_eq!(passed(HERE, "POST /webhook/a/b", &[HOST]), Err(Denied::WrongToken));
    }

    #[test]
    fn a_trusted_network_opens_what_tools_need_and_nothing_else() {
        let tools = TOOL_ROUTES.into_iter().chain(["/webhook/jellyfin", "/plex", "/emby"]);
        for route in tools {
            for (peer, host, expected) in [
                ("192.168.7.9", "192.168.7.1:8710", Ok(Pass::Known)),
                ("::ffff:192.168.7.9", "kinora:8710", Ok(Pass::Known)),
                ("fd12::9", "[fd12::1]:8710", Ok(Pass::Known)),
                ("192.168.7.9", "nas.local", Ok(Pass::Known)),
                ("192.168.7.9", "evil.example", Err(Denied::ForeignHost)),
                ("192.168.7.9", "", Err(Denied::ForeignHost)),
                ("192.168.8.9", "kinora", Err(Denied::NoToken)),
                ("2001:db8::9", "kinora", Err(Denied::NoToken)),
            ] {
                let request = format!("POST {route}");
                assert_eq!(passed(peer, &request, &[("host", host)]), expected, "{peer} {route}");
            }
            let through = [("host", "kinora"), ("x-forwarded-for", "203.0.113.7")];
            let request = format!("POST {route}");
            assert_eq!(passed("192.168.7.9", &request, &through), Err(Denied::NoToken), "{route}");
        }
        for route in ["/api/v1/jobs", "/api/v1/upload", "/metrics", "/openapi.json", "other"] {
            let request = format!("POST {route}");
            let judged = passed("192.168.7.9", &request, &[("host", "kinora")]);
            assert_eq!(judged, Err(Denied::NoToken), "{route}");
        }
    }
}
