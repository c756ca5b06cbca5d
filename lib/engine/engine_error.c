/* engine_error.c - the text of an error. */
#include "engine/engine_parts.h"

#include <stdarg.h>
#include <stdio.h>

int engine_fail(char error[QUERN_ERROR_TEXT], int code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error, QUERN_ERROR_TEXT, format, arguments);
	va_end(arguments);
	return code;
}
