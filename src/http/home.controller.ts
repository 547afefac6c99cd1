import { Controller, Get, Redirect } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';

/** Who opens the bare address finds what there is. */
@ApiExcludeController()
@Controller()
export class HomeController {
  @Get()
  @Redirect('/docs', 302)
  home(): void {
    // The redirect is the answer.
  }
}
