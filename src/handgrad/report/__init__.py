"""The report: what was measured, as a paper, a page and a zip.

A paper is a list of sections, each plain data: sentences, tables and pictures, composed here from
results. How they look is the template's business, which typst sets as PDF or as HTML. The data
reach it as JSON, so that nothing in them is taken for markup.
"""
