//! Guards against what a recogniser makes up: loops, credits, text where nobody speaks.
