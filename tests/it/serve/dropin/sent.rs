//! Files that are sent to Kinora itself: as any file of a library, fetched, kept for a while.

use super::support::*;

#[test]
fn a_film_that_is_sent_becomes_subtitles_that_can_be_fetched_and_nothing_else_can() {
    let house = House::new();
    let film = house.speech("film.mkv");
    let bytes = std::fs::read(&film).unwrap();
    let daemon = house.serve(&Setup::default());
    daemon.wait_for_jobs(1, "done");
    let heard = daemon.metric("kinora_windows_heard_total");
    let sent = form(&[("file", Some("C:\\films\\My Film.MKV"), &bytes), ("from", None, b"en")]);
    let taken = post(&daemon, "/api/v1/upload", &sent);
    assert_eq!((taken.status, &taken.json()["path"]), (202, &"upload My Film.mkv".into()));
    daemon.wait_for_jobs(2, "done");
    assert_eq!(daemon.metric("kinora_windows_heard_total"), heard, "its sound is known");
    let files = daemon.json("/api/v1/jobs/2/files");
    assert_eq!(files[0]["name"], "My Film.eng.srt", "{files}");
    let (status, text) = daemon.get("/api/v1/jobs/2/files/My%20Film.eng.srt");
    assert_eq!((status, text), (200, house.subtitle("film")));
    for path in [
        "/api/v1/jobs/2/files/..%2FMy%20Film.mkv",
        "/api/v1/jobs/2/files/%2E%2E",
        "/api/v1/jobs/2/files/..%2f..%2f..%2ftoken",
        "/api/v1/jobs/2/files/%2Fetc%2Fpasswd",
        // A film of a library, whose files are nobody's business here.
        "/api/v1/jobs/1/files",
        "/api/v1/jobs/1/files/film.eng.srt",
        "/api/v1/jobs/99/files",
    ] {
        assert_eq!(daemon.get(path).0, 404, "{path}");
    }
    for (name, to, status) in [
        ("film", "", 422),
        ("film.exe", "", 422),
        ("film.mkv", "klingonese", 422),
        ("a.srt", "", 422),
    ] {
        let sent = form(&[("file", Some(name), &bytes), ("to", None, to.as_bytes())]);
        assert_eq!(post(&daemon, "/api/v1/upload", &sent).status, status, "{name} {to}");
    }
    let empty = form(&[("file", Some("film.mkv"), b"")]);
    assert_eq!(post(&daemon, "/api/v1/upload", &empty).status, 422);
    assert_eq!(house.listing().len(), 2, "the library is left alone");
    let scan = daemon.scan();
    assert!(scan.contains("1 file"), "{scan}");
    assert_eq!(daemon.end().0, Some(0));

    // What is not kept is gone at the next start, and may be sent again.
    let env = [("KINORA__HTTP__UPLOADS_KEEP", "0s".to_owned())];
    let daemon = house.serve(&Setup { env: &env, ..Setup::default() });
    wait_for("an empty shelf", || kept(&house).is_empty().then_some(()));
    assert_eq!(daemon.json("/api/v1/jobs/2/files"), serde_json::json!([]));
    assert_eq!(post(&daemon, "/api/v1/upload", &sent).status, 202);
    daemon.wait_for_jobs(2, "done");
}

#[test]
fn what_is_too_large_is_refused_before_it_is_sent() {
    let house = House::new();
    let env = [("KINORA__HTTP__UPLOAD_MAX_MIB", "1".to_owned())];
    let daemon = house.serve(&Setup { env: &env, ..Setup::default() });
    let large = form(&[("file", Some("film.mkv"), &noise(1_500_000))]);
    assert_eq!(post(&daemon, "/api/v1/upload", &large).status, 413);
    let more = head_of("/api/v1/upload", 3_000_000);
    let mut stream = std::net::TcpStream::connect(daemon.addr).unwrap();
    std::io::Write::write_all(&mut stream, more.as_bytes()).unwrap();
    assert_eq!(told(stream).status, 413, "without a byte of it");
    assert_eq!(kept(&house), [""; 0]);
}
