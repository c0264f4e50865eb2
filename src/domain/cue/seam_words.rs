//! Words that make a place between two words good or bad for a break, language by language.

/// Words of a language, in text separated by spaces.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words(&'static str);

impl Words {
    /// True where it is one of them.
    pub(super) fn has(self, word: &str) -> bool {
        self.0.split_whitespace().any(|it| it == word)
    }
}

/// Abbreviations that are followed by what they belong to.
pub(super) const ABBREVIATIONS: Words = Words(
    "mr mrs ms dr dra prof st sr sra srta jr vs mt gen col sgt capt lt rev hon gov sen rep hr fr \
     nr bzw ca mme mlle sig dott fig cf art approx г ул им см стр тыс руб",
);
/// Abbreviations that may end a sentence too.
pub(super) const ABBREVIATIONS_MAY_END: Words = Words("etc usw inc ltd co др пр uds ud");
/// Languages that write ordinal numbers with a full stop.
pub(super) const ORDINAL_STOP: Words =
    Words("de da nb no nn fi cs sk hu pl hr sl sr bs et lv is tr");
/// Chinese and Thai words before which a break reads well.
pub(super) const DENSE_LEADING: Words = Words(
    "但是 但 可是 不过 不過 因为 因為 所以 如果 而且 然后 然後 虽然 雖然 或者 并且 並且 于是 และ แต่ หรือ เพราะ ซึ่ง ดังนั้น ถ้า \
     เมื่อ",
);
/// Chinese and Thai words that cling to what comes before.
pub(super) const DENSE_TRAILING: Words =
    Words("的 了 吗 嗎 呢 吧 着 著 过 過 们 們 得 地 啊 呀 里 裡 上 下 中 之 ครับ ค่ะ คะ นะ");
/// Chinese, Japanese and Thai words that cling to what comes after.
pub(super) const DENSE_CLINGING: Words = Words(
    "在 是 把 被 和 与 與 跟 对 對 从 從 向 为 為 以 我 你 他 她 它 这 這 那 不 没 沒 很 一 个 個 一个 一個 我们 我們 你们 他们 お ご ที่ ใน \
     ของ การ ความ เป็น ไม่ จะ ให้",
);

/// Words of the language with this primary subtag: those before which a break reads well, and those that cling to what
/// comes after.
pub(super) fn of_language(primary: &str) -> (Words, Words) {
    let found = LANGUAGES.iter().find(|it| it.0 == primary);
    found.map_or((Words(""), Words("")), |it| (Words(it.1), Words(it.2)))
}

/// Primary subtag, words that lead, words that cling.
const LANGUAGES: &[(&str, &str, &str)] = &[
    (
        "en",
        "and but or because that which who when where while if so as than though although until \
         unless since before after to with from for in on at by into about without",
        "a an the of to in on at by for with from into my your his her its our their this these \
         those and or but i you he she it we they is are was were be been has have had will \
         would can could not no very as than about if because who which i'm i'll don't so",
    ),
    (
        "de",
        "und aber oder denn weil dass wenn als ob wo wie sondern damit obwohl bevor nachdem \
         während bis mit von für auf in zu um",
        "der die das den dem des ein eine einen einem einer eines in im an am auf aus bei mit \
         nach von vom zu zum zur für durch über unter um und oder aber mein meine dein sein \
         seine ihr ihre unser ich du er sie es wir nicht kein keine sehr dass weil wenn als wie",
    ),
    (
        "fr",
        "et mais ou car donc que qui quand lorsque parce si comme où dont pour avec sans dans \
         sur chez puis",
        "le la les un une des du de au aux à en dans sur sous par pour avec sans chez mon ma mes \
         ton ta tes son sa ses notre nos votre vos leur leurs ce cet cette ces et ou mais que \
         qui je j'ai n'ai n'a n'est tu il elle on nous vous ils ne se me te pas si très",
    ),
    (
        "es",
        "y e pero o u porque que cuando si como donde aunque mientras para con sin en pues",
        "el la los las un una unos unas de del a al en con por para sin sobre mi mis tu tus su \
         sus este esta y o pero que no se me te le lo nos muy si como yo es",
    ),
    (
        "it",
        "e ed ma o perché che quando se come dove mentre per con anche",
        "il lo la i gli le un uno una di del della dei delle a al alla da dal dalla in nel nella \
         con su sul sulla per tra fra e o ma che non mi ti si ci mio mia suo sua questo questa è",
    ),
    (
        "pt",
        "e mas ou porque que quando se como onde para com sem",
        "o a os as um uma de do da dos das em no na nos nas por para com e ou mas que não se me \
         meu minha seu sua ao à",
    ),
    (
        "nl",
        "en maar of want omdat dat die als toen terwijl om met voor",
        "de het een van in op aan met voor door naar bij uit en of maar mijn jouw zijn haar ik \
         je hij ze we niet geen dat te",
    ),
    (
        "ru",
        "и а но или что чтобы когда если потому который которая которые где как пока хотя с в на \
         для",
        "в во на с со к ко о об у из от до по за для без при под над не ни и а но или что как \
         мой моя твой его её их этот эта это потому",
    ),
];
