/* quern.h - the whole public interface. */
#ifndef QUERN_QUERN_H
#define QUERN_QUERN_H

#include <quern/address.h>
#include <quern/capture.h>
#include <quern/conn.h>
#include <quern/counters.h>
#include <quern/dissect.h>
#include <quern/engine.h>
#include <quern/forward.h>
#include <quern/histogram.h>
#include <quern/impair.h>
#include <quern/inventory.h>
#include <quern/observe.h>
#include <quern/options.h>
#include <quern/order.h>
#include <quern/reload.h>
#include <quern/stall.h>
#include <quern/target.h>
#include <quern/udp.h>
#include <quern/calls.h>

#endif
