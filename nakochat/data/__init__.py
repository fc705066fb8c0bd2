"""Sources -> batches.  Where to look, from what comes in to what goes out:

sources/    what there is to be had: the catalogue, the Hub, downloads, whole and verified
corpus/     files of any format -> documents as they stand
cleaning/   a document -> the same clean, or nothing, and counts of every reason
chats/      files of conversations, and who a model is to be -> conversations in the one form
village/    a seed -> Korean texts and conversations without end, and questions held out
shards/     documents -> token shards on disk, again and again the same bytes

held_out.py          what is kept for evaluation
tokenizer_texts.py   what a tokenizer learns from
sample.py            a corpus and a budget -> documents from everywhere in it
prepare.py           the village, or a corpus, for one run's stages -> shards
mixture.py           prepared sets by their weights -> the sources of a stage
order.py packing.py batches.py     shards -> the rows that a step learns from
"""
