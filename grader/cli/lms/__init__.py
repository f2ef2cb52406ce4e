"""A class on an LMS: collect its download, import its roster, return marks and feedback in the forms it imports."""
