// A bare aggregating gateway on Lura, the engine of KrakenD: it merges what its backends answer, and nothing else.
package main

import (
	"context"
	"io"
	"log"
	"os"

	"github.com/gin-gonic/gin"
	"github.com/luraproject/lura/v2/config"
	"github.com/luraproject/lura/v2/logging"
	"github.com/luraproject/lura/v2/proxy"
	router "github.com/luraproject/lura/v2/router/gin"
	"github.com/luraproject/lura/v2/transport/http/server"
)

func main() {
	gin.SetMode(gin.ReleaseMode)
	parsed, err := config.NewParser().Parse(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	logger, err := logging.NewLogger("ERROR", os.Stderr, "lura")
	if err != nil {
		log.Fatal(err)
	}
	server.InitHTTPDefaultTransport(parsed)
	factory := router.NewFactory(router.Config{
		Engine:         router.NewEngine(parsed, router.EngineOptions{Logger: logger, Writer: io.Discard}),
		ProxyFactory:   proxy.DefaultFactory(logger),
		Logger:         logger,
		HandlerFactory: router.EndpointHandler,
		RunServer:      server.RunServer,
	})
	factory.NewWithContext(context.Background()).Run(parsed)
}
