//! Whether somebody is there, without asking anything of them: a connection, or the head of an answer.

use super::http::{self, Redirects};
use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// A person waits.
const PATIENCE_MAX: Duration = Duration::from_secs(10);

/// Connects to the server of a web address, and hangs up: nothing is sent.
///
/// # Errors
/// Where it is no web address, its name is not known, or nobody answers; a few words for a person, without the address.
#[expect(clippy::wildcard_enum_match_arm, reason = "the standard library's enum is open")]
pub fn reaches(address: &str) -> Result<(), String> {
    let url = http::web_address(address).ok_or("it is no web address")?;
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = url.port_or_known_default().unwrap_or(80);
    let mut found = (host.as_str(), port).to_socket_addrs().map_err(|_| "its name is not known")?;
    let first = found.next().ok_or("its name is not known")?;
    let connected = TcpStream::connect_timeout(&first, PATIENCE_MAX);
    connected.map(drop).map_err(|err| match err.kind() {
        io::ErrorKind::TimedOut => "it did not answer in time".to_owned(),
        io::ErrorKind::ConnectionRefused => "nobody listens there".to_owned(),
        _ => format!("it cannot be reached ({err})"),
    })
}

/// Whether anything answers at a web address, whatever it says; within the patience of a person.
pub fn answers(address: &str) -> bool {
    let Some(url) = http::web_address(address) else { return false };
    let client = http::client(&url, PATIENCE_MAX, Redirects::None).ok();
    client.is_some_and(|it| it.head(url).send().is_ok())
}

/// The time that a server's answers carry, milliseconds since the Unix epoch; `None` where it does not answer or tells
/// none. Only the head is asked for, and no key is sent.
pub fn time_of(address: &str) -> Option<u64> {
    let url = http::web_address(address)?;
    let client = http::client(&url, PATIENCE_MAX, Redirects::None).ok()?;
    let answer = client.head(url).send().ok()?;
    let date = answer.headers().get(reqwest::header::DATE)?.to_str().ok()?;
    let date = jiff::fmt::rfc2822::parse(date.trim()).ok()?.timestamp().as_millisecond();
    u64::try_from(date).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    #[test]
    fn who_is_there_is_told_from_who_is_not() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/topic", listener.local_addr().unwrap());
        assert_eq!(reaches(&address), Ok(()));
        drop(listener);
        assert_eq!(reaches(&address), Err("nobody listens there".to_owned()));
        assert_eq!(reaches("topic"), Err("it is no web address".to_owned()));
        assert_eq!(time_of(&address), None);
    }

    #[test]
    fn the_time_of_an_answer_is_read() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 1024]).unwrap();
            let answer = b"HTTP/1.1 404 Not Found\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
                Content-Length: 0\r\nConnection: close\r\n\r\n";
            stream.write_all(answer).unwrap();
        });
        assert_eq!(time_of(&address), Some(784_111_777_000));
        server.join().unwrap();
    }
}
