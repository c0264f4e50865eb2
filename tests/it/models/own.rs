//! Language models of the owner's own, room for them, and removing models.

use super::*;

/// A language model as small as one can be: a GGUF header and one tensor of 32 numbers.
fn tiny_gguf() -> Vec<u8> {
    fn put(out: &mut Vec<u8>, text: &str) {
        out.extend((text.len() as u64).to_le_bytes());
        out.extend(text.as_bytes());
    }
    let pairs = [
        ("general.architecture", "qwen2"),
        ("tokenizer.ggml.model", "gpt2"),
        ("tokenizer.chat_template", "{{ messages }}"),
    ];
    let mut out = b"GGUF\x03\0\0\0".to_vec();
    out.extend(1_u64.to_le_bytes());
    out.extend((pairs.len() as u64).to_le_bytes());
    for (key, value) in pairs {
        put(&mut out, key);
        out.extend(8_u32.to_le_bytes());
        put(&mut out, value);
    }
    put(&mut out, "token_embd.weight");
    out.extend(1_u32.to_le_bytes());
    out.extend(32_u64.to_le_bytes());
    out.extend(0_u32.to_le_bytes());
    out.extend(0_u64.to_le_bytes());
    out.resize(out.len().next_multiple_of(32) + 128, 7);
    out
}

#[test]
fn a_disk_without_room_is_told_before_anything_is_fetched() {
    let (server, mut one) = (serve(&[Way::Well]), Try::new());
    one.bytes = 1 << 60;
    let fault = one.fetch(&[&server]).expect_err("refused");
    assert!(fault.what.contains("there is no room in"), "{fault}");
    assert!(fault.what.contains("1048576.0 TiB are to be fetched"), "{fault}");
    assert!(fault.remedy.contains("make room for") && fault.remedy.contains("data_dir"), "{fault}");
    assert!(server.asked.lock().expect("lock").is_empty());
}

#[test]
fn a_language_model_is_fetched_from_any_address_and_looked_at() {
    let (dir, gguf) = (tempfile::tempdir().expect("temporary folder"), tiny_gguf());
    let config = config(dir.path(), "base-q8_0");
    let sha256: String = Sha256::digest(&gguf).iter().map(|it| format!("{it:02x}")).collect();
    let pull = |name: &str, sha256: Option<&str>| {
        let asked = Asked { name, from: None, sha256 };
        models::pull(&config, asked, &Cancel::default(), &mut |_, _| ())
    };
    let address = |server: &Server| server.address.replace("model.bin", "tiny.gguf?download=true");
    let server = serve_file(&[Way::Well], gguf);
    let wrong = pull(&address(&server), Some(&"0".repeat(64))).expect_err("another digest");
    assert!(wrong.what.contains("its digest is wrong"), "{wrong}");
    let view = pull(&address(&server), Some(&sha256)).expect("fetched");
    assert_eq!((view.name.as_str(), view.state), ("tiny", ModelState::Verified));
    assert_eq!(view.path, Some(dir.path().join("models/tiny.gguf")));
    let again = pull(&address(&server), None).expect_err("there already");
    assert!(again.remedy.contains("kinora models remove"), "{again}");
    let views = models::list(&config).expect("listed");
    let listed = views.iter().find(|it| it.name == "tiny").expect("in the list");
    assert_eq!((listed.kind.as_str(), listed.state), ("translate", ModelState::Present));
    assert_eq!(listed.languages, "qwen2, 0.0 billion, F32");
    let checked = models::verify(&config, Some("tiny"), &Cancel::default(), &mut |_, _, _| ());
    assert_eq!(checked.expect("looked at")[0].state, ModelState::Present);
    // What is no language model does not stay.
    let other = serve(&[Way::Well]);
    let name = other.address.replace("model.bin", "other.gguf");
    let fault = pull(&name, None).expect_err("no model");
    assert!(fault.what.contains("not a language model"), "{fault}");
    assert!(!dir.path().join("models/other.gguf").exists());
    let page = serve(&[Way::Page]);
    let fault = pull(&page.address.replace("model.bin", "p.gguf"), None).expect_err("a page");
    assert!(fault.what.contains("a web page"), "{fault}");
}

#[test]
fn only_what_lies_in_the_data_folder_is_removed() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let (config, folder) = (config(dir.path(), "tiny-q8_0"), dir.path().join("models"));
    std::fs::create_dir(&folder).expect("made");
    let put = |name: &str| {
        std::fs::write(folder.join(name), "12345").expect("written");
        folder.join(name)
    };
    let files = [put("ggml-tiny-q8_0.bin"), put("ggml-tiny-q8_0.bin.part")];
    let own = put("family.gguf");
    let plan = models::removal(&config, "tiny-q8_0").expect("a plan");
    assert_eq!((plan.files.as_slice(), plan.bytes), (&files[..], 10));
    assert!(plan.warning.is_some() && files.iter().all(|it| it.exists()));
    models::remove(&plan).expect("removed");
    assert!(files.iter().all(|it| !it.exists()) && own.exists());
    let plan = models::removal(&config, "family").expect("a plan");
    assert_eq!((plan.files, plan.warning), (vec![own], None));
    for (name, says) in [
        ("base-q8_0", "does not lie in"),
        ("tiny-q8_0", "is not installed"),
        ("../kinora.toml", "does not lie in"),
        ("/etc/passwd", "does not lie in"),
        ("nothing", "there is no model `nothing`"),
        ("ollama:qwen3:8b", "is Ollama's"),
    ] {
        let told = models::removal(&config, name).expect_err(name).to_string();
        assert!(told.contains(says), "{name}: {told}");
    }
}
