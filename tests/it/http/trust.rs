//! Who may ask, over the wire; the whole table stands beside the rule.

use super::support::{House, TOKEN};

#[test]
fn this_machine_is_trusted_and_proxies_on_it_are_not() {
    let house = House::open();
    let bearer = format!("Authorization: Bearer {TOKEN}\r\n");
    let wrong = "Authorization: Bearer open-sesame-1235\r\n";
    let host = "Host: localhost\r\n";
    let forwarded = "X-Forwarded-For: 10.0.0.9\r\n";
    for (headers, status) in [
        (host.to_owned(), 200),
        (format!("{host}{bearer}"), 200),
        (format!("{host}{wrong}"), 401),
        (format!("{host}{forwarded}"), 401),
        (format!("{host}{forwarded}{bearer}"), 200),
        ("Host: evil.example\r\n".to_owned(), 403),
        ("Host: nas.lan:8710\r\n".to_owned(), 200),
        (String::new(), 403),
    ] {
        let answer = house.ask_with("GET /status", &headers, "");
        assert_eq!(answer.status, status, "{headers}");
        assert!(!answer.head.contains(TOKEN) && !answer.body.contains(TOKEN), "{headers}");
        let challenge = answer.header("www-authenticate");
        assert_eq!(challenge.is_some_and(|it| it.starts_with("bearer")), status == 401);
        if status != 200 {
            assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        }
        assert_eq!(house.ask_with("GET /health", &headers, "").status, 200, "{headers}");
    }
    let explain = |headers: &str| house.ask_with("GET /api/v1/explain?path=/films/a", headers, "");
    assert_eq!(explain(&format!("{host}{forwarded}")).status, 401);
    assert_eq!(explain(&format!("{host}{forwarded}{bearer}")).status, 200);
    let denied = house.ask_with("GET /status", &format!("{host}{forwarded}"), "");
    insta::assert_snapshot!(denied.body, @r#"{"type":"about:blank","title":"Unauthorized","status":401,"detail":"this needs a token","remedy":"send the token of Kinora's token file in the header `Authorization: Bearer ...`","fault":"operator"}"#);
}

#[test]
fn pages_of_others_change_nothing() {
    let house = House::open();
    let mut asked = 0;
    for (origin, status) in [
        ("Origin: https://evil.example\r\n", 403),
        ("Origin: null\r\n", 403),
        ("Origin: http://localhost:8710\r\n", 204),
        ("", 204),
    ] {
        let headers = format!("Host: localhost:8710\r\n{origin}");
        assert_eq!(house.ask_with("POST /api/v1/pause", &headers, "").status, status, "{origin}");
        assert_eq!(house.ask_with("GET /status", &headers, "").status, 200, "{origin}");
        asked += usize::from(status == 204);
        assert_eq!(house.desk.acts.lock().unwrap().len(), asked, "{origin}");
    }
    // A page may ask beforehand, and is not invited.
    let preflight = "Host: localhost\r\nOrigin: https://evil.example\r\n\
                     Access-Control-Request-Method: POST\r\n";
    let answer = house.ask_with("OPTIONS /api/v1/pause", preflight, "");
    assert_eq!(answer.status, 405);
    assert!(!answer.head.contains("access-control"));
}
