import { Module } from '@nestjs/common';
import { HomeController } from './home.controller.ts';
import { ProblemPagesController } from './problem-pages.controller.ts';

/** What people open: the way to the documentation, and pages about errors. */
@Module({ controllers: [HomeController, ProblemPagesController] })
export class ProblemPagesModule {}
