"""Numbers in, plotly figures out."""
