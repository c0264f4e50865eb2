//! What a family says at night in thirty languages: written for the tests of the language of texts.

/// What the language of a text is, and a text.
pub(super) const TEXTS: &[(&str, &str)] = &[
    (
        "en",
        "Where have you been all night? I was worried.
        I told you, the train was late and my phone was dead.
        You could have asked somebody for theirs.
        At two in the morning? There was nobody on the platform.
        Sit down, I'll make you something to eat.
        Thanks. I'm sorry I made you wait for me.",
    ),
    (
        "de",
        "Wo warst du die ganze Nacht? Ich habe mir Sorgen gemacht.
        Der Zug hatte Verspätung und mein Handy war leer.
        Du hättest jemanden fragen können.
        Um zwei Uhr morgens? Da war niemand auf dem Bahnsteig.
        Setz dich, ich mache dir etwas zu essen.
        Danke. Es tut mir leid, dass du auf mich warten musstest.",
    ),
    (
        "fr",
        "Où étais-tu toute la nuit ? Je me suis inquiétée.
        Le train était en retard et mon téléphone n'avait plus de batterie.
        Tu aurais pu demander à quelqu'un.
        À deux heures du matin ? Il n'y avait personne sur le quai.
        Assieds-toi, je vais te préparer quelque chose à manger.
        Merci. Je suis désolé de t'avoir fait attendre.",
    ),
    (
        "es",
        "¿Dónde has estado toda la noche? Estaba preocupada.
        El tren llegó tarde y mi teléfono se quedó sin batería.
        Podrías haberle pedido el suyo a alguien.
        ¿A las dos de la mañana? No había nadie en el andén.
        Siéntate, te voy a preparar algo de comer.
        Gracias. Siento mucho haberte hecho esperar.",
    ),
    (
        "pt",
        "Onde você esteve a noite toda? Eu estava preocupada.
        O trem atrasou e o meu telefone ficou sem bateria.
        Você podia ter pedido o de alguém emprestado.
        Às duas da manhã? Não havia ninguém na estação.
        Sente-se, vou preparar alguma coisa para você comer.
        Obrigado. Desculpe ter feito você esperar por mim.",
    ),
    (
        "it",
        "Dove sei stato tutta la notte? Ero preoccupata.
        Il treno era in ritardo e il mio telefono era scarico.
        Avresti potuto chiedere a qualcuno.
        Alle due di notte? Non c'era nessuno sul binario.
        Siediti, ti preparo qualcosa da mangiare.
        Grazie. Mi dispiace di averti fatto aspettare.",
    ),
    (
        "nl",
        "Waar ben je de hele nacht geweest? Ik was ongerust.
        De trein had vertraging en mijn telefoon was leeg.
        Je had het toch aan iemand kunnen vragen?
        Om twee uur 's nachts? Er was niemand op het perron.
        Ga zitten, ik maak iets te eten voor je.
        Dank je. Het spijt me dat je op mij hebt moeten wachten.",
    ),
    (
        "sv",
        "Var har du varit hela natten? Jag var så orolig.
        Tåget var försenat och min telefon hade slut på batteri.
        Du kunde ha frågat någon om du fick låna en.
        Klockan två på natten? Det fanns ingen på perrongen.
        Sätt dig, så ska jag laga något åt dig att äta.
        Tack. Förlåt att du fick vänta på mig så länge.",
    ),
    (
        "fi",
        "Missä sinä olet ollut koko yön? Minä olin huolissani.
        Juna oli myöhässä ja puhelimestani loppui akku.
        Olisit voinut kysyä joltakin ja lainata puhelinta.
        Kello kaksi yöllä? Asemalla ei ollut ketään muuta.
        Istu alas, minä laitan sinulle jotain syötävää.
        Kiitos. Anteeksi, että jouduit odottamaan minua.",
    ),
    (
        "pl",
        "Gdzie byłeś przez całą noc? Martwiłam się o ciebie.
        Pociąg się spóźnił, a mój telefon się rozładował.
        Mogłeś kogoś poprosić, żeby pożyczył ci swój.
        O drugiej w nocy? Na peronie nie było nikogo.
        Usiądź, zaraz zrobię ci coś do jedzenia.
        Dziękuję. Przepraszam, że musiałaś na mnie czekać.",
    ),
    (
        "cs",
        "Kde jsi byl celou noc? Měla jsem o tebe strach.
        Vlak měl zpoždění a telefon se mi vybil.
        Mohl sis od někoho půjčit jeho telefon.
        Ve dvě hodiny ráno? Na nástupišti nikdo nebyl.
        Posaď se, připravím ti něco k jídlu.
        Děkuji. Mrzí mě, že jsi na mě musela čekat tak dlouho.",
    ),
    (
        "sk",
        "Kde si bol celú noc? Mala som o teba strach.
        Vlak meškal a telefón sa mi celkom vybil.
        Mohol si si od niekoho požičať jeho telefón.
        O druhej ráno? Na nástupišti nebol vôbec nikto.
        Sadni si, pripravím ti niečo na jedenie.
        Ďakujem. Mrzí ma, že si na mňa musela toľko čakať.",
    ),
    (
        "hu",
        "Hol voltál egész éjszaka? Nagyon aggódtam érted.
        Késett a vonat, és lemerült a telefonom.
        Kérhettél volna kölcsön valakitől egyet.
        Hajnali kettőkor? Senki sem volt a peronon rajtam kívül.
        Ülj le, készítek neked valamit enni.
        Köszönöm. Sajnálom, hogy várnod kellett rám.",
    ),
    (
        "ro",
        "Unde ai fost toată noaptea? Mi-am făcut griji.
        Trenul a întârziat și mi s-a descărcat telefonul.
        Puteai să ceri telefonul cuiva.
        La două dimineața? Nu era nimeni pe peron.
        Stai jos, îți pregătesc ceva de mâncare.
        Mulțumesc. Îmi pare rău că a trebuit să mă aștepți.",
    ),
    (
        "tr",
        "Bütün gece neredeydin? Senin için çok endişelendim.
        Tren gecikti ve telefonumun şarjı bitti.
        Birinden telefonunu isteyebilirdin.
        Gecenin ikisinde mi? Peronda hiç kimse yoktu.
        Otur şöyle, sana yiyecek bir şeyler hazırlayayım.
        Teşekkür ederim. Seni beklettiğim için özür dilerim.",
    ),
    (
        "vi",
        "Cả đêm qua con đã ở đâu? Mẹ lo lắng cho con lắm.
        Tàu đến muộn và điện thoại của con hết pin rồi.
        Con có thể hỏi mượn điện thoại của ai đó mà.
        Lúc hai giờ sáng ư? Trên sân ga chẳng còn ai cả.
        Ngồi xuống đi, mẹ sẽ nấu cho con món gì đó để ăn.
        Cảm ơn mẹ. Con xin lỗi vì đã để mẹ phải đợi.",
    ),
    (
        "ca",
        "On has estat tota la nit? Estava molt preocupada.
        El tren va arribar tard i el meu telèfon es va quedar sense bateria.
        Podies haver demanat el seu a algú.
        A les dues de la matinada? No hi havia ningú a l'andana.
        Seu, que et prepararé alguna cosa per menjar.
        Gràcies. Em sap greu haver-te fet esperar.",
    ),
    (
        "el",
        "Πού ήσουν όλη τη νύχτα; Ανησύχησα πολύ για σένα.
        Το τρένο άργησε και το τηλέφωνό μου έμεινε από μπαταρία.
        Θα μπορούσες να ζητήσεις από κάποιον το δικό του.",
    ),
    (
        "ru",
        "Где ты был всю ночь? Я так волновалась за тебя.
        Поезд опоздал, а у меня разрядился телефон.
        Ты мог бы попросить телефон у кого-нибудь.
        В два часа ночи? На платформе никого не было.
        Садись, я приготовлю тебе что-нибудь поесть.
        Спасибо. Прости, что тебе пришлось меня ждать.",
    ),
    (
        "uk",
        "Де ти був усю ніч? Я так хвилювалася за тебе.
        Поїзд запізнився, а мій телефон розрядився.
        Ти міг би попросити телефон у когось іншого.
        О другій годині ночі? На платформі нікого не було.
        Сідай, я приготую тобі щось поїсти.
        Дякую. Вибач, що тобі довелося так довго чекати на мене.",
    ),
    (
        "bg",
        "Къде беше цяла нощ? Много се притесних за теб.
        Влакът закъсня, а телефонът ми се изтощи.
        Можеше да поискаш телефон от някого.
        В два часа през нощта? На перона нямаше никого.
        Седни, ще ти приготвя нещо за ядене.
        Благодаря. Съжалявам, че трябваше да ме чакаш толкова.",
    ),
    (
        "sr-Cyrl",
        "Где си био целе ноћи? Била сам јако забринута.
        Воз је каснио, а мени се испразнио телефон.
        Могао си да замолиш некога да ти позајми свој.
        У два сата ујутру? На перону није било никога.
        Седи, направићу ти нешто за јело.
        Хвала ти. Жао ми је што си морала да ме чекаш.",
    ),
    (
        "ar",
        "أين كنت طوال الليل؟ لقد قلقت عليك كثيرا.
        تأخر القطار ونفدت بطارية هاتفي في الطريق.
        كان بإمكانك أن تطلب الهاتف من أي شخص هناك.
        في الساعة الثانية صباحا؟ لم يكن هناك أحد على الرصيف.
        اجلس، سوف أحضر لك شيئا لتأكله الآن.
        شكرا لك. أنا آسف لأنك اضطررت إلى انتظاري كل هذا الوقت.",
    ),
    (
        "fa",
        "تمام شب کجا بودی؟ خیلی نگرانت شده بودم.
        قطار دیر رسید و باتری گوشی من هم تمام شد.
        می‌توانستی از یک نفر بخواهی گوشی‌اش را به تو بدهد.
        ساعت دو نیمه شب؟ هیچ کس در ایستگاه نبود.
        بنشین، الان برایت چیزی برای خوردن درست می‌کنم.
        ممنونم. ببخشید که مجبور شدی این همه منتظر من بمانی.",
    ),
    (
        "hi",
        "तुम सारी रात कहाँ थे? मुझे तुम्हारी बहुत चिंता हो रही थी।
        गाड़ी देर से आई और मेरे फ़ोन की बैटरी ख़त्म हो गई थी।
        तुम किसी और से फ़ोन माँग सकते थे।
        रात के दो बजे? प्लेटफ़ॉर्म पर कोई भी नहीं था।
        बैठो, मैं तुम्हारे लिए कुछ खाने को बनाती हूँ।
        धन्यवाद। मुझे माफ़ करना कि तुम्हें मेरा इंतज़ार करना पड़ा।",
    ),
    (
        "he",
        "איפה היית כל הלילה? מאוד דאגתי לך.
        הרכבת איחרה והסוללה של הטלפון שלי נגמרה.
        יכולת לבקש ממישהו את הטלפון שלו.
        בשתיים בלילה? לא היה אף אחד על הרציף.
        שב בבקשה, אני אכין לך עכשיו משהו טוב וחם לאכול.
        תודה רבה. אני מצטער שהיית צריכה לחכות לי כל כך הרבה זמן.
        בפעם הבאה תתקשר אליי מוקדם יותר, או שתישאר לישון אצל חבר.",
    ),
    (
        "th",
        "เมื่อคืนเธอไปอยู่ที่ไหนมาทั้งคืน ฉันเป็นห่วงมากเลย
        รถไฟมาสายแล้วโทรศัพท์ของฉันก็แบตหมด
        นั่งลงก่อนสิ เดี๋ยวฉันจะทำอะไรให้กิน",
    ),
    (
        "ja",
        "一晩中どこにいたの？心配したのよ。
        電車が遅れて、携帯の電池も切れてたんだ。
        誰かに借りればよかったのに。
        夜中の二時だよ？ホームには誰もいなかった。
        大丈夫？
        座って、何か食べるものを作ってあげる。",
    ),
    (
        "ko",
        "밤새 어디 있었어? 내가 얼마나 걱정했는지 알아?
        기차가 늦었고 휴대폰 배터리도 다 떨어졌어.
        누구한테라도 빌려 달라고 하지 그랬어.",
    ),
    (
        "zh-Hans",
        "你整个晚上都去哪儿了？我很担心。
        火车晚点了，我的手机也没电了。
        你可以向别人借一个电话。
        凌晨两点？站台上一个人都没有。
        坐下吧，我给你做点东西吃。
        谢谢。对不起，让你等了这么久。",
    ),
    (
        "zh-Hant",
        "你整個晚上都去哪兒了？我很擔心。
        火車誤點了，我的手機也沒電了。
        你可以向別人借一個電話。
        凌晨兩點？月台上一個人都沒有。
        坐下吧，我給你做點東西吃。
        謝謝。對不起，讓你等了這麼久。",
    ),
    (
        "yue-Hant",
        "你成晚去咗邊度呀？我好擔心你㗎。
        架車遲到，我部電話又冇電。
        你可以問人借個電話嘅。
        半夜兩點？月台上面一個人都冇喎。
        坐低先啦，我煮啲嘢畀你食。
        唔該晒。唔好意思，要你等咗咁耐。",
    ),
];

/// Texts of which close languages share all or much.
pub(super) const CLOSE_TEXTS: &[(&str, &str)] = &[
    (
        "da",
        "Hvor har du været hele natten? Jeg har været meget bekymret.
        Toget var forsinket, og min telefon var løbet tør for strøm.
        Du kunne da have spurgt nogen, om du måtte låne deres.
        Klokken to om natten? Der var ikke et øje på perronen.
        Sæt dig ned, så laver jeg noget mad til dig.
        Tak skal du have. Undskyld, at du måtte vente på mig.",
    ),
    (
        "no",
        "Hvor har du vært i hele natt? Jeg har vært så bekymret.
        Toget var forsinket, og telefonen min var tom for strøm.
        Du kunne jo ha spurt noen om å få låne deres.
        Klokka to om natta? Det var ikke et menneske på perrongen.
        Sett deg ned, så skal jeg lage noe mat til deg.
        Takk skal du ha. Beklager at du måtte vente på meg.",
    ),
    (
        "id",
        "Kamu dari mana saja semalaman? Aku sangat khawatir.
        Keretanya terlambat dan baterai ponselku habis.
        Kamu kan bisa meminjam telepon dari orang lain.
        Jam dua pagi? Tidak ada siapa pun di peron.
        Duduklah, akan kubuatkan sesuatu untuk dimakan.
        Terima kasih. Maaf sudah membuatmu menunggu lama.",
    ),
    (
        "hr",
        "Gde si bio cele noći? Bila sam jako zabrinuta.
        Voz je kasnio, a meni se ispraznio telefon.
        Mogao si da zamoliš nekoga da ti pozajmi svoj.
        U dva sata ujutru? Na peronu nije bilo nikoga.
        Sedi, napraviću ti nešto za jelo.
        Hvala ti. Žao mi je što si morala da me čekaš.",
    ),
];
