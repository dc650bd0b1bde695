/* SPDX-License-Identifier: MIT */
/* hardpan sim, for the table of commands. */
#ifndef SIM_H
#define SIM_H

int sim_main(int count, char **arguments);

#endif
