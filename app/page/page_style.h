/* page_style.h - how a page looks: on screens, light and dark, wide and narrow, and on paper. */
#ifndef PAGE_STYLE_H
#define PAGE_STYLE_H

/* The whole style sheet, and the only script: the download of the document that is in the page. */
extern const char page_style[];
extern const char page_script[];

#endif
