/* http_date.c - IMF-fixdate, in English whatever the locale. */
#include "http/http_date.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

void http_date_format(uint32_t seconds, char text[HTTP_DATE_BYTES + 1])
{
	static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char all[64];
	time_t at = (time_t)seconds;
	struct tm utc;

	gmtime_r(&at, &utc);
	snprintf(all, sizeof(all), "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + 3 * utc.tm_wday, utc.tm_mday,
		 months + 3 * utc.tm_mon, utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
	memcpy(text, all, HTTP_DATE_BYTES);
	text[HTTP_DATE_BYTES] = '\0';
}
