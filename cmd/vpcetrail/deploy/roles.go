package deploy

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A role is a role of the template: who may use it, and what for.
type role struct {
	Name, Why string
	Service   string            // that may assume it
	When      map[string]string // key and value of a condition, compared as ARNs; SourceAccount goes without saying
	Rights    []right
}

const (
	arn  = "arn:${AWS::Partition}:"
	here = ":${AWS::Region}:${AWS::AccountId}:"
)

// roles returns the roles of the template for ECS and Batch.
func (f *flagsGiven) roles(p *plan) []role {
	tasks := map[string]string{"aws:SourceArn": arn + "ecs" + here + "*"}
	return []role{
		{"TaskRole", "of the commands themselves", "ecs-tasks.amazonaws.com", tasks, p.Rights},
		{"ExecutionRole", "with which Fargate pulls the image and writes the log", "ecs-tasks.amazonaws.com", tasks, f.executionRights()},
		{"NightRole", "with which the state machine runs the commands in order", "states.amazonaws.com",
			map[string]string{"aws:SourceArn": arn + "states" + here + "stateMachine:" + f.Name}, f.nightRights()},
		{"ScheduleRole", "with which the schedule starts the state machine", "scheduler.amazonaws.com",
			map[string]string{"aws:SourceArn": arn + "scheduler" + here + "schedule-group/" + f.Name},
			[]right{{"Start", "the schedule starts one execution a night", []string{"states:StartExecution"}, []string{arn + "states" + here + "stateMachine:" + f.Name}, nil}}},
	}
}

var ecrImage = regexp.MustCompile(`^([0-9]{12})\.dkr\.ecr\.([a-z0-9-]+)\.[a-z0-9.]+/([^:@]+)`)

func (f *flagsGiven) executionRights() []right {
	rights := []right{{"WriteLog", "what the commands print", []string{"logs:CreateLogStream", "logs:PutLogEvents"}, []string{arn + "logs" + here + "log-group:/" + f.Name + ":*"}, nil}}
	if at := ecrImage.FindStringSubmatch(f.Image); at != nil {
		rights = append(rights,
			right{"EnterRegistry", "to pull the image from ECR", []string{"ecr:GetAuthorizationToken"}, everything, nil},
			right{"PullImage", "to pull the image from ECR", []string{"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}, []string{arn + "ecr:" + at[2] + ":" + at[1] + ":repository/" + at[3]}, nil})
	}
	return rights
}

// nightRights returns what the state machine needs.
func (f *flagsGiven) nightRights() []right {
	machine := []string{arn + "states" + here + "stateMachine:" + f.Name}
	rights := []right{{"SeeOtherRuns", "an execution ends at once if an earlier one is still going", []string{"states:ListExecutions"}, machine, nil}}
	rule := "StepFunctionsGetEventsForECSTaskRule"
	if f.To == "batch" {
		rule = "StepFunctionsGetEventsForBatchJobsRule"
		rights = append(rights,
			right{"SubmitJobs", "each command is a job", []string{"batch:SubmitJob"}, []string{arn + "batch" + here + "job-queue/" + f.Name, arn + "batch" + here + "job-definition/" + f.Name + ":*", arn + "batch" + here + "job-definition/" + f.Name}, nil},
			right{"WatchJobs", "to wait for a job: Batch has no narrower permission", []string{"batch:DescribeJobs"}, everything, nil},
			right{"EndJobs", "to end the job of an execution that is stopped", []string{"batch:TerminateJob"}, []string{arn + "batch" + here + "job/*"}, nil})
	} else {
		cluster := only("ArnEquals", "ecs:cluster", arn+"ecs"+here+"cluster/"+f.Name)
		rights = append(rights,
			right{"RunTasks", "each command is a task", []string{"ecs:RunTask"}, []string{arn + "ecs" + here + "task-definition/" + f.Name + ":*"}, cluster},
			right{"WatchTasks", "to wait for a task, and to end that of an execution that is stopped", []string{"ecs:DescribeTasks", "ecs:StopTask"}, []string{arn + "ecs" + here + "task/" + f.Name + "/*"}, cluster},
			right{"PassRoles", "a task gets its two roles, and no others", []string{"iam:PassRole"}, []string{"TaskRole.Arn", "ExecutionRole.Arn"}, only("StringEquals", "iam:PassedToService", "ecs-tasks.amazonaws.com")})
	}
	return append(rights, right{"HearOfTheEnd", "Step Functions makes this rule to hear when a task or job ends", []string{"events:DescribeRule", "events:PutRule", "events:PutTargets"}, []string{arn + "events" + here + "rule/" + rule}, nil})
}

// trust returns the trust policy of a role. One service may assume it, for this account
// alone.
func (r *role) trust() any {
	conditions := map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": resource("${AWS::AccountId}")}}
	for key, value := range r.When {
		conditions["ArnLike"] = map[string]any{key: resource(value)}
	}
	return document{"2012-10-17", []statement{{
		Effect: "Allow", Principal: map[string]string{"Service": r.Service}, Action: []string{"sts:AssumeRole"}, Condition: conditions,
	}}}
}

// A document is a policy, in the order in which people write them.
type document struct {
	Version   string      `yaml:"Version"`
	Statement []statement `yaml:"Statement"`
}

type statement struct {
	Sid       string            `yaml:"Sid,omitempty"`
	Effect    string            `yaml:"Effect"`
	Principal map[string]string `yaml:"Principal,omitempty"`
	Action    []string          `yaml:"Action,flow"`
	Resource  []any             `yaml:"Resource,omitempty"`
	Condition map[string]any    `yaml:"Condition,omitempty"`
}

// policy returns rights as the policy of a role.
func policy(rights []right) document {
	d := document{Version: "2012-10-17"}
	for _, r := range rights {
		s := statement{Sid: r.Sid, Effect: "Allow", Action: r.Actions}
		for _, name := range r.Resources {
			s.Resource = append(s.Resource, resource(name))
		}
		for operator, keys := range r.When {
			if s.Condition == nil {
				s.Condition = map[string]any{}
			}
			of := map[string]any{}
			for key, values := range keys {
				var all []any
				for _, value := range values {
					all = append(all, resource(value))
				}
				of[key] = all
			}
			s.Condition[operator] = of
		}
		d.Statement = append(d.Statement, s)
	}
	return d
}

// resource returns a text as a template has it: with what stands for the stack's partition,
// Region and account, or the attribute of another resource.
func resource(text string) any {
	if strings.Contains(text, "${AWS::") {
		return map[string]string{"Fn::Sub": text}
	}
	if name, ok := strings.CutSuffix(text, ".Arn"); ok {
		return map[string][]string{"Fn::GetAtt": {name, "Arn"}}
	}
	return text
}

// asYAML returns a value as YAML, indented by n columns.
func asYAML(n int, value any) (string, error) {
	var text strings.Builder
	e := yaml.NewEncoder(&text)
	e.SetIndent(2)
	if err := e.Encode(value); err != nil {
		return "", fmt.Errorf("template: %w", err)
	}
	indent := strings.Repeat(" ", n)
	return indent + strings.ReplaceAll(strings.TrimRight(text.String(), "\n"), "\n", "\n"+indent), nil
}
