//! All the ways in which a language model, or the server before it, gets an answer wrong.

#![expect(clippy::wildcard_enum_match_arm, reason = "each function knows the ways it is about")]

use super::super::film::Chance;
use super::asked::{Api, Asked, Told};
use super::said::{Act, End, Fault, Noise, Pair, Said};
use super::tongue;
use super::wire::Flow;

/// An enum with a list of all its variants.
macro_rules! closed {
    ($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $variant:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum $name { $($(#[$each])* $variant,)* }

        impl $name {
            /// Every one.
            pub(crate) const ALL: &[$name] = &[$($name::$variant,)*];
        }
    };
}

closed! {
    /// A way to get an answer wrong.
    Misdeed {
        /// Leaves out one line, and says nothing of it.
        DropsLine,
        /// Leaves out the last line.
        DropsLast,
        /// Makes one line of two, all after it move up, the last number is not there.
        MergesTwo,
        /// The same, and the last number is there, with nothing in it.
        MergesAndPadsEmpty,
        /// The same, and the last number says again what the one before it says.
        MergesAndRepeatsLast,
        /// The same, and the last number says what was said before the batch: all numbers are full and different.
        MergesAndInventsLast,
        /// Says one line twice, all after it move down, the last one is lost.
        DoublesLine,
        /// Makes two lines of one, all after it move down, the last one is lost.
        SplitsLine,
        /// Says one number twice, with different texts.
        NumberTwice,
        /// Says the numbers in another order; each is right.
        ReordersNumbers,
        /// All texts are one place further, the last one comes first.
        RotatesTexts,
        /// Two neighbours have each other's text.
        SwapsNeighbours,
        /// Counts from nought.
        CountsFromNought,
        /// Answers a number nobody asked for, too.
        AddsNumber,
        /// The same text for all numbers.
        OneTextForAll,
        /// Repeats the source of one line.
        LeavesOneLine,
        /// Repeats the source of all lines.
        LeavesAll,
        /// Answers in a script nobody asked for.
        AnotherScript,
        /// Answers in a language nobody asked for.
        AnotherLanguage,
        /// Empty text for one line.
        EmptyLine,
        /// Empty text for all lines.
        EmptyLines,
        /// Words before and after the JSON.
        ProseAround,
        /// A fence of markdown around the JSON.
        Fence,
        /// Thoughts in the text before the JSON, with numbers of their own.
        ThinksAloud,
        /// Thoughts beside the text; harmless.
        ThinksBeside,
        /// An object in an object.
        Wraps,
        /// An array of texts.
        Array,
        /// Numbered lines of text whatever was asked for.
        NumberedText,
        /// "Here is the translation:" in each line.
        Chats,
        /// Notes in brackets after each line.
        Notes,
        /// Quotation marks around each line.
        Quotes,
        /// Bold.
        Bold,
        /// The JSON ends in its middle, and the server says why: too long.
        CutAtLength,
        /// The JSON ends in its middle, and the server says nothing.
        CutWithoutReason,
        /// No text.
        Empty,
        /// `null` for a text.
        Null,
        /// Says the last word for ever.
        Loops,
        /// The connection ends in the middle of a piece.
        TearsStream,
        /// The connection is reset before a byte of an answer.
        Resets,
        /// Nobody listens any more, for a while.
        Refuses,
        /// 429, with the time to wait.
        TooManyRequests,
        /// 429, without.
        TooManyRequestsBare,
        /// 500.
        Broken,
        /// 503.
        Busy,
        /// 502, with a page for people.
        Gateway,
        /// No byte for longer than the client waits.
        Hangs,
        /// A byte now and then; harmless.
        Trickles,
        /// An error in the middle of an answer that began well.
        ErrorInside,
        /// The request is longer than the context.
        ContextOverflow,
        /// Comments and blank lines before and between; harmless.
        KeepsAlive,
        /// Says twice what it cost, once in the middle; harmless.
        UsageTwice,
        /// A filter ended it.
        Filtered,
        /// Knows no JSON schema.
        RefusesSchema,
        /// Knows neither JSON schema nor JSON.
        RefusesJson,
    }
}

impl Misdeed {
    /// What is done in the place of a right answer. Those that need two lines do right by one.
    pub(crate) fn act(self, asked: &Asked, chance: &mut Chance) -> Act {
        if let Some(fault) = self.fault(asked) {
            return Act::Fails(fault);
        }
        match self {
            Misdeed::Resets => return Act::Resets,
            Misdeed::Refuses => return Act::Refuses,
            Misdeed::Hangs => return Act::Hangs,
            _ => {}
        }
        let right = asked.pairs();
        let mut said = Said::new(asked, &self.misplaced(&right, chance));
        self.reworded(asked, &right, &mut said);
        Act::Says(said)
    }

    /// Lines that stand at wrong places, or are not there.
    fn misplaced(self, right: &[Pair], chance: &mut Chance) -> Vec<Pair> {
        let count = right.len();
        if count < 2 && !matches!(self, Misdeed::EmptyLine | Misdeed::LeavesOneLine) {
            return right.to_vec();
        }
        // A place that has one after it.
        let at = chance.between(0, count.saturating_sub(2) as u64) as usize;
        let mut said = right.to_vec();
        let mut texts: Vec<Pair> = right.to_vec();
        match self {
            Misdeed::DropsLine => drop(said.remove(at)),
            Misdeed::DropsLast => drop(said.pop()),
            Misdeed::MergesTwo
            | Misdeed::MergesAndPadsEmpty
            | Misdeed::MergesAndRepeatsLast
            | Misdeed::MergesAndInventsLast => {
                let second = texts.remove(at + 1);
                texts[at].target = format!("{} {}", texts[at].target, second.target);
                match self {
                    Misdeed::MergesAndPadsEmpty => texts.push(Pair::new(0, "", "")),
                    Misdeed::MergesAndRepeatsLast => texts.push(texts[count - 2].clone()),
                    Misdeed::MergesAndInventsLast => {
                        texts.push(Pair::of(0, &tongue::say(chance)));
                    }
                    _ => drop(said.pop()),
                }
                renumber(&mut said, texts);
            }
            Misdeed::DoublesLine => {
                texts.insert(at, texts[at].clone());
                renumber(&mut said, texts);
            }
            Misdeed::SplitsLine => {
                let (one, other) = in_two(&texts[at]);
                texts.splice(at..=at, [one, other]);
                renumber(&mut said, texts);
            }
            Misdeed::NumberTwice => {
                let again = Pair { number: right[at].number, ..right[at + 1].clone() };
                said.insert(at + 1, again);
            }
            Misdeed::ReordersNumbers => said.reverse(),
            Misdeed::RotatesTexts => {
                texts.rotate_right(1);
                renumber(&mut said, texts);
            }
            Misdeed::SwapsNeighbours => {
                texts.swap(at, at + 1);
                renumber(&mut said, texts);
            }
            Misdeed::CountsFromNought => said.iter_mut().for_each(|it| it.number -= 1),
            Misdeed::AddsNumber => {
                said.push(Pair::of(right[count - 1].number + 1, &tongue::say(chance)));
            }
            Misdeed::OneTextForAll => {
                let all = vec![right[at].clone(); count];
                renumber(&mut said, all);
            }
            Misdeed::LeavesOneLine => said[at].target.clone_from(&right[at].source),
            Misdeed::EmptyLine => said[at].target.clear(),
            _ => {}
        }
        said
    }

    /// What is around and in the texts, and how they are brought.
    fn reworded(self, asked: &Asked, right: &[Pair], said: &mut Said) {
        let each = |render: &dyn Fn(&Pair) -> String| {
            let pairs: Vec<Pair> =
                right.iter().map(|it| Pair { target: render(it), ..it.clone() }).collect();
            Said::new(asked, &pairs).text
        };
        let text = said.text.clone().unwrap_or_default();
        match self {
            Misdeed::LeavesAll => said.text = each(&|it| it.source.clone()),
            Misdeed::AnotherScript => said.text = each(&|it| tongue::in_greek(&it.source)),
            Misdeed::AnotherLanguage => said.text = each(&|it| tongue::in_nonsense(&it.source)),
            Misdeed::EmptyLines => said.text = each(&|_| String::new()),
            Misdeed::Chats => {
                said.text = each(&|it| format!("Here is the translation: {}", it.target))
            }
            Misdeed::Notes => {
                said.text = each(&|it| format!("{} (Note: a free translation)", it.target));
            }
            Misdeed::Quotes => said.text = each(&|it| format!("\"{}\"", it.target)),
            Misdeed::Bold => said.text = each(&|it| format!("**{}**", it.target)),
            Misdeed::ProseAround => {
                said.text = Some(format!(
                    "Sure! Here is the translation of your lines:\n\n{text}\n\nLet me know if you need more."
                ));
            }
            Misdeed::Fence => said.text = Some(format!("```json\n{text}\n```")),
            Misdeed::ThinksAloud => {
                let draft = "The user wants {\"1\": \"черновик\"}. Let me think about 1: черновик.";
                said.text = Some(format!("<think>\n{draft}\n</think>\n\n{text}"));
            }
            Misdeed::ThinksBeside => {
                said.thoughts = Some("First, {\"1\": \"черновик\"}.".to_owned())
            }
            Misdeed::Wraps => said.text = Some(format!("{{\"translations\": {text}}}")),
            Misdeed::Array => {
                let texts: Vec<&str> = right.iter().map(|it| it.target.as_str()).collect();
                said.text = Some(serde_json::to_string(&texts).expect("JSON"));
            }
            Misdeed::NumberedText => {
                let lines = right.iter().map(|it| format!("{}. {}\n", it.number, it.target));
                said.text = Some(lines.collect());
            }
            Misdeed::CutAtLength | Misdeed::CutWithoutReason => {
                let half = text.chars().take(text.chars().count() / 2).collect();
                said.text = Some(half);
                said.end = if self == Misdeed::CutAtLength { End::Length } else { End::Unsaid };
            }
            Misdeed::Empty => said.text = Some(String::new()),
            Misdeed::Null => said.text = None,
            Misdeed::Loops => {
                let head: String = text.chars().take(text.chars().count() / 2).collect();
                said.text = Some(head + &" ещё".repeat(LOOPS));
                said.end = End::Length;
            }
            Misdeed::TearsStream => said.flow = Flow::Torn,
            Misdeed::Trickles => said.flow = Flow::Trickling,
            Misdeed::ErrorInside => said.noise = Noise::Error,
            Misdeed::KeepsAlive => said.noise = Noise::Comments,
            Misdeed::UsageTwice => said.noise = Noise::UsageTwice,
            Misdeed::Filtered => (said.text, said.end) = (None, End::Filter),
            _ => {}
        }
    }

    /// Those that are no answer at all.
    fn fault(self, asked: &Asked) -> Option<Fault> {
        let error = |message: &str| match asked.api {
            Api::OpenAi => serde_json::json!({"error": {
                "message": message, "type": "server_error", "param": null, "code": null,
            }})
            .to_string(),
            Api::Ollama => serde_json::json!({ "error": message }).to_string(),
        };
        let fault = |status, message: &str| Some(Fault::new(status, "", error(message)));
        match self {
            Misdeed::TooManyRequests => Some(Fault::new(
                "429 Too Many Requests",
                "retry-after: 1\r\n",
                error("Rate limit reached"),
            )),
            Misdeed::TooManyRequestsBare => fault("429 Too Many Requests", "Rate limit reached"),
            Misdeed::Broken => fault("500 Internal Server Error", "the model runner has stopped"),
            Misdeed::Busy => fault("503 Service Unavailable", "server busy, please try again"),
            Misdeed::Gateway => {
                let page = "<html><body><h1>502 Bad Gateway</h1></body></html>".to_owned();
                Some(Fault::new("502 Bad Gateway", "", page))
            }
            Misdeed::ContextOverflow => {
                let overflow = "the request exceeds the available context size, try increasing it";
                Some(Fault::new("400 Bad Request", "", context_overflow(asked.api, overflow)))
            }
            Misdeed::RefusesSchema | Misdeed::RefusesJson
                if asked.told == Told::Schema
                    || (asked.told == Told::Object && self == Misdeed::RefusesJson) =>
            {
                fault("400 Bad Request", "This response_format type is unavailable now")
            }
            _ => None,
        }
    }
}

/// As llama.cpp says it, with a number for a code.
fn context_overflow(api: Api, message: &str) -> String {
    match api {
        Api::OpenAi => serde_json::json!({"error": {
            "code": 400, "message": message, "type": "exceed_context_size_error",
            "n_prompt_tokens": 9000, "n_ctx": 4096,
        }})
        .to_string(),
        Api::Ollama => serde_json::json!({ "error": message }).to_string(),
    }
}

/// Times the last word is said by a model that loops.
const LOOPS: usize = 3_000;

/// Gives the numbers new texts; texts that are too many are lost.
fn renumber(said: &mut [Pair], texts: Vec<Pair>) {
    for (place, text) in said.iter_mut().zip(texts) {
        *place = Pair { number: place.number, ..text };
    }
}

/// Two lines of one, at a space near its middle.
fn in_two(pair: &Pair) -> (Pair, Pair) {
    let cut = |text: &str| {
        let middle = text.chars().count() / 2;
        let space = text.char_indices().skip(middle).find(|(_, it)| *it == ' ').map(|(at, _)| at);
        let (one, other) = text.split_at(space.unwrap_or(text.len()));
        (one.to_owned(), other.trim_start().to_owned())
    };
    let (sources, targets) = (cut(&pair.source), cut(&pair.target));
    (Pair::new(0, &sources.0, &targets.0), Pair::new(0, &sources.1, &targets.1))
}
