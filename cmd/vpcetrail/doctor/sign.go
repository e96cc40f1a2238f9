package doctor

import (
	"context"
)

type signed struct{}
type analysis struct{}

func (d *doctor) signCalls(context.Context, string) []signed { return nil }
func (e *examination) writeSigned(*page)                     {}
func (e *examination) writeAnalyses(*page)                   {}
