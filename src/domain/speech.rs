//! Speech in audio: from voice activity probabilities to windows that are cut in silence and mapped back exactly.
