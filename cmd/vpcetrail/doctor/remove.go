package doctor

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"vpcetrail/report/causes"
)

// leftovers says what could not be removed, with the commands that remove it.
func (e *examination) leftovers(otherwise string) string {
	var left []string
	lost := ""
	for i := range e.Analyses {
		for _, id := range e.Analyses[i].Left {
			command := "delete-network-insights-path --network-insights-path-id "
			if strings.HasPrefix(id, "nia-") {
				command = "delete-network-insights-analysis --network-insights-analysis-id "
			}
			left = append(left, "aws ec2 "+command+causes.Shell(id)+" --region "+e.Region)
		}
		if e.Analyses[i].Lost {
			lost = "AWS did not say whether a path was created. To find it, run: aws ec2 describe-network-insights-paths --filters Name=tag:Name,Values=" + tag + " --region " + e.Region
		}
	}
	texts := []string{}
	if len(left) > 0 {
		texts = append(texts, "not removed, so run: "+strings.Join(left, "; "))
	}
	if lost != "" {
		texts = append(texts, lost)
	}
	return cmp.Or(strings.Join(texts, ". "), otherwise)
}

// removeLost removes a path that was created though AWS did not answer. It searches for some
// time, because AWS may still be creating it.
func (s *subnet) removeLost(ctx context.Context, token string, a *analysis) {
	searching, stop := context.WithTimeout(ctx, 5*s.step)
	defer stop()
	for {
		out, err := s.patient.DescribeNetworkInsightsPaths(searching, &ec2.DescribeNetworkInsightsPathsInput{Filters: []types.Filter{{Name: sdk.String("tag:" + runTag), Values: []string{token}}}})
		if err == nil && len(out.NetworkInsightsPaths) > 0 {
			a.Left = s.remove(ctx, []string{sdk.ToString(out.NetworkInsightsPaths[0].NetworkInsightsPathId)})
			return
		}
		select {
		case <-searching.Done():
			a.Lost = true
			return
		case <-time.After(s.step / 2):
		}
	}
}

// analysesOf returns the analyses of a path.
func (s *subnet) analysesOf(ctx context.Context, path string) (ids []string) {
	out, err := s.client.DescribeNetworkInsightsAnalyses(ctx, &ec2.DescribeNetworkInsightsAnalysesInput{NetworkInsightsPathId: &path})
	if err != nil {
		return nil // the path is left, and is named
	}
	for i := range out.NetworkInsightsAnalyses {
		ids = append(ids, sdk.ToString(out.NetworkInsightsAnalyses[i].NetworkInsightsAnalysisId))
	}
	return ids
}

// remove removes analyses and paths, in this order, and returns those that are left. An
// analysis that still runs may be refused, so it tries again. A path may have an analysis
// that AWS did not name, because the call that started it was not answered.
func (s *subnet) remove(ctx context.Context, ids []string) (left []string) {
	ctx, stop := context.WithTimeout(ctx, 5*s.step)
	defer stop()
	for {
		left = []string{}
		for _, id := range ids {
			if s.delete(ctx, id) == nil {
				continue
			}
			if strings.HasPrefix(id, "nip-") {
				for _, of := range s.analysesOf(ctx, id) {
					if !slices.Contains(ids, of) && s.delete(ctx, of) != nil {
						left = append(left, of)
					}
				}
			}
			left = append(left, id)
		}
		if len(left) == 0 {
			return left
		}
		ids = left
		select {
		case <-time.After(s.step / 2):
		case <-ctx.Done():
			return left
		}
	}
}

// delete removes an analysis or a path.
func (s *subnet) delete(ctx context.Context, id string) (err error) {
	if strings.HasPrefix(id, "nia-") {
		_, err = s.client.DeleteNetworkInsightsAnalysis(ctx, &ec2.DeleteNetworkInsightsAnalysisInput{NetworkInsightsAnalysisId: &id})
	} else {
		_, err = s.client.DeleteNetworkInsightsPath(ctx, &ec2.DeleteNetworkInsightsPathInput{NetworkInsightsPathId: &id})
	}
	return err
}
