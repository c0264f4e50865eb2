//! What must hold of the manifest, of finding weights and of the refusals.

use super::*;
use std::collections::HashSet;
use std::fs;

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models")
}

fn what(result: Result<Found, Fault>) -> String {
    result.expect_err("refused").to_string()
}

#[test]
fn the_manifest_is_whole() {
    let models = &Manifest::embedded().models;
    assert!(models.len() > 10);
    let names: HashSet<&str> = models.iter().map(|it| it.name.as_str()).collect();
    let files: HashSet<&str> = models.iter().map(|it| it.file.as_str()).collect();
    assert_eq!((names.len(), files.len()), (models.len(), models.len()));
    for model in models {
        let name = &model.name;
        assert_eq!(model.sha256.len(), 64, "{name}");
        assert!(model.sha256.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f')), "{name}");
        assert!(model.memory_mib > model.bytes / (1024 * 1024), "{name}");
        assert_ne!(model.shipped, model.sources.iter().any(|it| it.starts_with("https://")));
        assert!(model.sources.iter().all(|it| it.ends_with(&model.file)), "{name}");
        assert_eq!(model.languages == Languages::English, name.contains(".en"), "{name}");
    }
    for name in [DEFAULT_MODEL, DEFAULT_VAD] {
        assert!(Manifest::embedded().get(name).is_some_and(|it| it.shipped), "{name}");
    }
}

#[test]
fn the_committed_files_are_what_the_manifest_says() {
    for model in Manifest::embedded().models.iter().filter(|it| it.shipped) {
        let mut last = 0;
        let path = committed().join(&model.file);
        verify(&path, model, &Cancel::default(), &mut |done, total| {
            assert!(done > last && done <= total);
            last = done;
        })
        .expect("verified");
        assert_eq!(last, model.bytes);
    }
}

#[test]
fn a_model_is_found_by_name_by_file_name_and_by_path() {
    let dirs = [PathBuf::from("/nonexistent"), committed()];
    let path = committed().join("ggml-base-q8_0.bin");
    for name in ["base-q8_0", "ggml-base-q8_0.bin"] {
        let found = find(name, &dirs).expect(name);
        assert_eq!((&found.path, found.multilingual()), (&path, true));
        assert!(found.identity().expect("identity").starts_with("sha256:e5207e1f"));
    }
    let own = find(path.to_str().expect("UTF-8"), &[]).expect("by path");
    let shape = Shape { vocab: 51_865, audio_layers: 6, text_layers: 6 };
    assert_eq!((own.model, own.header), (None, Header::Whisper(shape)));
    assert_eq!(find_vad(&dirs).expect("vad").header, Header::Vad);
}

#[test]
fn weights_dropped_into_the_folder_are_found_by_their_name() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let target = dir.path().join("ggml-family.bin");
    std::os::unix::fs::symlink(committed().join("ggml-base-q8_0.bin"), &target).expect("link");
    let dirs = [dir.path().to_owned()];
    for name in ["family", "ggml-family.bin"] {
        let found = find(name, &dirs).expect(name);
        assert_eq!((found.path, found.model), (target.clone(), None));
    }
}

#[test]
fn an_english_model_says_so() {
    let path = "../shared/models/ggml-tiny.en-q8_0.bin";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if !path.exists() {
        println!("skipped: no English model here");
        return;
    }
    let found = find(path.to_str().expect("UTF-8"), &[]).expect("found");
    assert!(!found.multilingual());
    assert!(found.identity().expect("identity").starts_with("blake3:"));
}

#[test]
fn what_is_missing_is_told_with_the_way_out() {
    for (name, says) in [
        ("small-q8_0", "model `small-q8_0` is not installed; run `kinora models pull small-q8_0`"),
        ("base-q8_0", "model `base-q8_0` is not installed; it comes with Kinora"),
        ("smal-q8_0", "there is no model `smal-q8_0`; did you mean `small-q8_0`?"),
        ("large-v3-turb", "did you mean `large-v3-turbo`?"),
        ("medium", "did you mean `medium-q5_0`?"),
        ("gpt", "weights of your own are named by their path"),
        ("silero-v6", "`silero-v6` is a voice activity model, not a speech model"),
        ("/nonexistent/x.bin", "there is no model file /nonexistent/x.bin; check the path"),
        ("/tmp/", "/tmp/ is no file"),
    ] {
        let told = what(find(name, &[]));
        assert!(told.contains(says), "{name}: {told}");
    }
}

#[test]
fn what_is_no_speech_model_is_told_apart() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let mut odd = b"lmgg".to_vec();
    odd.extend([0xFF; 100]);
    for (content, says) in [
        (&b""[..], "is an empty file"),
        (b"GGUF\x03\0\0\0", "is a GGUF file"),
        (b"<!DOCTYPE html>", "is a web page"),
        (b"version https://git-lfs", "is a pointer of Git LFS"),
        (b"PK\x03\x04", "is a zip archive or a PyTorch model"),
        (b"once upon a time", "is no model in the ggml format"),
        (b"lm", "is truncated"),
        (b"lmgg", "is truncated"),
        (&odd, "is a ggml file, but neither a Whisper model nor Silero"),
    ] {
        let path = dir.path().join("own.bin");
        fs::write(&path, content).expect("written");
        let told = what(find(path.to_str().expect("UTF-8"), &[]));
        assert!(told.contains(says), "{says}: {told}");
    }
    let vad = committed().join("ggml-silero-v6.bin");
    let told = what(find(vad.to_str().expect("UTF-8"), &[]));
    assert!(told.contains("voice activity model, not a speech model"), "{told}");
}

#[test]
fn a_file_cut_anywhere_is_truncated() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("cut.bin");
    let bytes = fs::copy(committed().join("ggml-silero-v6.bin"), &path).expect("copied");
    assert!(matches!(header::inspect(&path), Ok((Header::Vad, _))));
    let file = File::options().write(true).open(&path).expect("opened");
    let cuts = (1..200).chain((200..bytes).step_by(9973)).chain([bytes - 1]);
    for cut in cuts.collect::<std::collections::BTreeSet<_>>().into_iter().rev() {
        file.set_len(cut).expect("cut");
        assert!(matches!(header::inspect(&path), Err(Flaw::Truncated { .. })), "cut at {cut}");
    }
}

#[test]
fn a_listed_model_of_another_size_is_told_in_bytes() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let dirs = [dir.path().to_owned()];
    let path = dir.path().join("ggml-small-q8_0.bin");
    fs::write(&path, b"half").expect("written");
    let told = what(find("small-q8_0", &dirs));
    let says = "truncated: its file has 4 of 264464607 bytes; run `kinora models pull small-q8_0`";
    assert!(told.contains(says), "{told}");
    // A whole one in a later folder is preferred to the cut one.
    let model = Manifest::embedded().get(DEFAULT_VAD).expect("listed");
    fs::write(dir.path().join(&model.file), b"half").expect("written");
    let found = find_vad(&[dir.path().to_owned(), committed()]).expect("found");
    assert_eq!(found.path, committed().join(&model.file));
}

#[test]
fn one_flipped_bit_is_seen() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let model = Manifest::embedded().get(DEFAULT_VAD).expect("listed");
    let mut bytes = fs::read(committed().join(&model.file)).expect("read");
    bytes[500_000] ^= 1;
    let path = dir.path().join("flipped.bin");
    fs::write(&path, &bytes).expect("written");
    let told = verify(&path, model, &Cancel::default(), &mut |_, _| ());
    assert!(told.expect_err("refused").what.contains("its digest is wrong"));
}
