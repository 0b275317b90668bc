"""Score a run or real pictures: input, samples, scores, record, result file."""
