//! From a text to words that compare.
//!
//! What this module does not do: it knows no word.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// A word, the part of a sentence it stands in, and the sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) part: usize,
    pub(super) sentence: usize,
}

/// Where a word stands.
#[derive(Clone, Copy, Default)]
struct Position {
    part: usize,
    sentence: usize,
}

/// The words of a text without case, accents, width and punctuation: `Stop, PLEASE!` is `stop` and
/// `please`, in two parts. What `is_sign` knows is a word of its own.
pub(super) fn words(text: &str, is_sign: impl Fn(char) -> bool) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut at = Position::default();
    // Compatibility forms first: full-width and mathematical letters become plain ones.
    let folded = text.nfkd().flat_map(char::to_lowercase);
    for letter in folded {
        match kind(letter) {
            Kind::Dropped => {}
            Kind::Letter(letters) => word.push_str(letters),
            Kind::Plain => word.push(letter),
            Kind::Other if is_sign(letter) => {
                finish(&mut words, &mut word, at);
                word.push(letter);
                finish(&mut words, &mut word, at);
            }
            Kind::Other => {
                finish(&mut words, &mut word, at);
                at.part += usize::from(!letter.is_whitespace() && !"-_/\"*".contains(letter));
                at.sentence += usize::from(".!?".contains(letter));
            }
            Kind::LineEnd => {
                finish(&mut words, &mut word, at);
                at.part += 1;
                at.sentence += 1;
            }
        }
    }
    finish(&mut words, &mut word, at);
    join_do_not(spelled_out(words))
}

fn finish(words: &mut Vec<Word>, word: &mut String, at: Position) {
    if !word.is_empty() {
        words.push(Word {
            text: std::mem::take(word),
            part: at.part,
            sentence: at.sentence,
        });
    }
}

/// What a character does to the word it stands in.
enum Kind {
    /// It belongs to the word as it is.
    Plain,
    /// It belongs to the word as these letters.
    Letter(&'static str),
    /// It is as if it were not there.
    Dropped,
    /// It ends the word and the part.
    LineEnd,
    /// It ends the word.
    Other,
}

fn kind(letter: char) -> Kind {
    match letter {
        'ß' => Kind::Letter("ss"),
        'æ' => Kind::Letter("ae"),
        'œ' => Kind::Letter("oe"),
        'ø' => Kind::Letter("o"),
        'ł' => Kind::Letter("l"),
        'đ' | 'ð' => Kind::Letter("d"),
        'ı' => Kind::Letter("i"),
        'ς' => Kind::Letter("σ"),
        '\n' | '\r' => Kind::LineEnd,
        // Apostrophes, and what has no width.
        '\''
        | '’'
        | '‘'
        | 'ʼ'
        | '`'
        | '´'
        | '\u{ad}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2060}'
        | '\u{feff}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{1f3fb}'..='\u{1f3ff}' => Kind::Dropped,
        letter if letter.is_alphanumeric() => Kind::Plain,
        letter if is_combining_mark(letter) => Kind::Dropped,
        _ => Kind::Other,
    }
}

/// Joins letters that stand alone: `s t o p`.
fn spelled_out(words: Vec<Word>) -> Vec<Word> {
    const LETTERS_MIN: usize = 3;
    let is_letter = |word: &Word| word.text.chars().nth(1).is_none();
    let mut joined: Vec<Word> = Vec::with_capacity(words.len());
    for run in words.chunk_by(|one, next| is_letter(one) && is_letter(next)) {
        match run {
            [first, ..] if run.len() >= LETTERS_MIN => joined.push(Word {
                text: run.iter().map(|word| word.text.as_str()).collect(),
                ..first.clone()
            }),
            _ => joined.extend_from_slice(run),
        }
    }
    joined
}

/// Makes `do not` one word, as `don't` is.
fn join_do_not(words: Vec<Word>) -> Vec<Word> {
    let mut joined: Vec<Word> = Vec::with_capacity(words.len());
    for word in words {
        match joined.last_mut() {
            Some(last) if last.text == "do" && word.text == "not" && last.part == word.part => {
                "dont".clone_into(&mut last.text);
            }
            _ => joined.push(word),
        }
    }
    joined
}

/// Other ways to read a word that is not a known one: with a letter held down once only, and with
/// digits that look like letters as such.
pub(super) fn readings(word: &str) -> [String; 2] {
    let mut once = String::with_capacity(word.len());
    let letters: Vec<char> = word.chars().collect();
    for run in letters.chunk_by(|one, next| one == next) {
        // Two of a letter are spelling, three are not.
        let kept = if run.len() > 2 { 1 } else { run.len() };
        once.extend(run.iter().take(kept));
    }
    let has_letter = word.chars().any(char::is_alphabetic);
    let as_letters = word.chars().map(|letter| match letter {
        '0' if has_letter => 'o',
        '5' if has_letter => 's',
        '3' if has_letter => 'e',
        other => other,
    });
    let as_letters = as_letters.collect();
    [once, as_letters]
}
