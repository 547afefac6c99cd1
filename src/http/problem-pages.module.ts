import { Module } from '@nestjs/common';
import { ProblemPagesController } from './problem-pages.controller.ts';

/** Pages about errors. */
@Module({ controllers: [ProblemPagesController] })
export class ProblemPagesModule {}
