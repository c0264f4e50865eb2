//! Who may ask: this machine itself, and whoever knows the token. A web page that this machine's browser shows may not.

use super::HttpSettings;
use crate::api::run::Fault;
use axum::http::uri::{Authority, Uri};
use axum::http::{HeaderMap, Method, StatusCode, header};
use std::net::IpAddr;

/// Anybody may ask these: they tell no more than a closed port would.
const OPEN_PATHS: [&str; 3] = ["/health", "/health/live", "/ready"];
/// Set by proxies: who asks is not who connects.
const FORWARDING_HEADERS: [&str; 6] =
    ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"];

/// A request, as far as trust needs it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    /// Who connected.
    pub(super) peer: IpAddr,
    /// What it wants to do.
    pub(super) method: &'a Method,
    /// With what.
    pub(super) path: &'a str,
    /// How it says so.
    pub(super) headers: &'a HeaderMap,
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
pub(super) fn judge(asked: &Asked<'_>, settings: &HttpSettings) -> Result<(), Denied> {
    if !asked.method.is_safe() && !is_own_origin(asked.headers, settings) {
        return Err(Denied::ForeignOrigin);
    }
    if OPEN_PATHS.contains(&asked.path) {
        return Ok(());
    }
    match bearer(asked.headers) {
        Bearer::Token(offered) if settings.token.is(offered) => return Ok(()),
        Bearer::Token(_) | Bearer::Garbled => return Err(Denied::WrongToken),
        Bearer::None => (),
    }
    let forwarded = FORWARDING_HEADERS.iter().any(|it| asked.headers.contains_key(*it));
    if !asked.peer.to_canonical().is_loopback() || forwarded {
        return Err(Denied::NoToken);
    }
    // A page's name may be made to point at this machine; then the browser still says which name it asked for.
    let host = host(asked.headers).filter(|it| is_own_host(it.host(), settings));
    host.map(|_| ()).ok_or(Denied::ForeignHost)
}

enum Bearer<'a> {
    None,
    Token(&'a [u8]),
    Garbled,
}

fn bearer(headers: &HeaderMap) -> Bearer<'_> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        let some = headers.contains_key(header::AUTHORIZATION);
        return if some { Bearer::Garbled } else { Bearer::None };
    };
    match value.as_bytes().split_at_checked("Bearer ".len()) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(b"Bearer ") => {
            Bearer::Token(token.trim_ascii())
        }
        Some(_) | None => Bearer::Garbled,
    }
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
        let settings = HttpSettings {
            token: Token::new("open-sesame").unwrap(),
            hosts: vec!["nas.lan".to_owned()],
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
        judge(&Asked { peer, method: &method, path, headers: &map }, &settings)
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
}
