//! Whether those who translate are there: reached, with their key, with their model.

use super::{good, unwell};
use crate::api::doctor::{Check, Health};
use crate::app::config::{Config, LocalModel, Setting, TranslatorSetting, translator_spec};
use crate::base::text;
use crate::domain::fault::Fault;
use crate::engines::llm;

/// One check each, in the order of the configuration. `local` finds weights for translating, as
/// [`translator_spec`] has it.
pub(super) fn checks(
    config: &Config,
    mut local: impl FnMut(Option<&str>) -> Result<Option<LocalModel>, Fault>,
) -> Vec<Check> {
    config.translators.iter().map(|it| check(config, it, &mut local)).collect()
}

/// Whether one is there.
pub(in crate::app) fn check(
    config: &Config,
    setting: &TranslatorSetting,
    local: &mut impl FnMut(Option<&str>) -> Result<Option<LocalModel>, Fault>,
) -> Check {
    let name = format!("translator {}", setting.name);
    let spec = match translator_spec(config, setting, local) {
        Ok(Some(spec)) => spec,
        Ok(None) => {
            return good(&name, "no model for translating is installed, so it does nothing");
        }
        Err(fault) => return unwell(&name, Health::Bad, fault),
    };
    // Others may take its place.
    let models = match llm::models(&spec) {
        Ok(models) => models,
        Err(fault) => return unwell(&name, Health::Warning, fault),
    };
    let wanted = match &setting.kind {
        Setting::Ollama { model, .. } | Setting::OpenAi { model, .. } => model.as_str(),
        Setting::Local { .. } => "",
    };
    match judge(wanted, &models) {
        Ok(found) => match context(&setting.kind, &models) {
            Some(fault) => unwell(&name, Health::Warning, fault),
            None => good(&name, format!("{found}{}", not_for(config, &setting.name))),
        },
        Err(fault) => unwell(&name, Health::Warning, fault),
    }
}

/// What is wrong with the context that is asked for, where that can be told.
fn context(kind: &Setting, models: &[String]) -> Option<Fault> {
    let Setting::Ollama { url, model, num_ctx, .. } = kind else { return None };
    let model = if model.is_empty() { models.first()? } else { model };
    judge_context(model, *num_ctx, llm::ollama::context_max(url, model).ok().flatten())
}

fn judge_context(model: &str, asked: u32, most: Option<u32>) -> Option<Fault> {
    let most = most.filter(|it| *it < asked)?;
    let what = format!("it is asked for a context of {asked} tokens, and {model} has {most}");
    let remedy = format!("set num_ctx of this translator to {most} or less, or take another model");
    Some(Fault::operator(what, remedy))
}

/// Libraries that do not ask it, since nothing of them leaves the home network.
fn not_for(config: &Config, name: &str) -> String {
    let without = config.libraries.iter().filter(|it| it.left_out.iter().any(|out| out == name));
    let without: Vec<String> = without.map(|it| format!("`{}`", it.name)).collect();
    match without.is_empty() {
        true => String::new(),
        false => format!("; not asked for {}, where cloud = false", without.join(", ")),
    }
}

/// Whether the wanted model, or the first one where none is named, is among those that are there.
fn judge(wanted: &str, models: &[String]) -> Result<String, Fault> {
    let Some(first) = models.first() else {
        return Err(Fault::operator("it answers, and has no model", "fetch one for it"));
    };
    // Ollama's names may leave out their tag.
    let is_it = |it: &&String| *it == wanted || it.strip_suffix(":latest") == Some(wanted);
    if wanted.is_empty() {
        return Ok(format!("it is there, with the model {first}"));
    }
    if let Some(model) = models.iter().find(is_it) {
        return Ok(format!("it is there, with the model {model}"));
    }
    let what = format!("it answers, and has no model `{wanted}`");
    Err(match text::nearest(wanted, models.iter().map(String::as_str)) {
        Some(near) => Fault::operator(what, format!("fetch it, or did you mean `{near}`?")),
        None => Fault::operator(what, format!("fetch it, or name another, such as `{first}`")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_that_a_model_does_not_have_is_told() {
        assert_eq!(judge_context("qwen3", 8192, None), None);
        assert_eq!(judge_context("qwen3", 8192, Some(8192)), None);
        let fault = judge_context("qwen3", 8192, Some(4096)).expect("too long");
        assert!(fault.remedy.contains("to 4096 or less"), "{fault}");
    }

    #[test]
    fn a_model_is_there_or_what_is_near_is_told() {
        let models = ["qwen3:8b".to_owned(), "llama:latest".to_owned()];
        for (wanted, told) in [
            ("", Ok("it is there, with the model qwen3:8b")),
            ("qwen3:8b", Ok("it is there, with the model qwen3:8b")),
            ("llama", Ok("it is there, with the model llama:latest")),
            ("qwen3:4b", Err("did you mean `qwen3:8b`?")),
            ("something-else", Err("such as `qwen3:8b`")),
        ] {
            match (judge(wanted, &models), told) {
                (Ok(is), Ok(says)) => assert_eq!(is, says),
                (Err(fault), Err(says)) => assert!(fault.remedy.contains(says), "{fault}"),
                (is, _) => panic!("{wanted}: {is:?}"),
            }
        }
        assert!(judge("", &[]).is_err());
    }
}
